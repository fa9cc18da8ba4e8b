"""What Huawei's own pages show of ModelArts, for whoever compares the product or a simulated service with it."""

from __future__ import annotations

from typing import Any, Final

# The response example of "Obtaining Details About an Auto Labeling Task", as it stands there:
# https://support.huaweicloud.com/intl/en-us/api-modelarts/AutoAnnotationProgress.html
EXAMPLE: Final[dict[str, Any]] = {
    "resource_id": "XGrRZuCV1qmMxnsmD5u",
    "create_time": "2020-11-23 11:08:20",
    "progress": 10.0,
    "status": 1,
    "message": "Start to export annotations. Export task id is jMZGm2SBp4Ymr2wrhAK",
    "code": "ModelArts.4902",
    "elapsed_time": 0,
    "result": {"total_sample_count": 49, "annotated_sample_count": 30},
    "export_type": 0,
    "config": {
        "ambiguity": False,
        "worker_server_num": 0,
        "collect_sample": False,
        "algorithm_type": "fast",
        "image_brightness": False,
        "image_colorfulness": False,
    },
}
