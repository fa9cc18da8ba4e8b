"""The members of a task as the reference pages have them, row by row, so that no answer here drifts into fiction.

``PAGE`` is Tables 2 to 18 of *Obtaining Details About an Auto Labeling Task* (2023-12-14, AutoAnnotationProgress.html).
``LIST`` is what *Obtaining an Auto Labeling Task List by Page* (2025-08-20, ListTasks.html) has in other words: Tables 3
and 4, whose other tables are the same. Both belong to ModelArts' API reference at support.huaweicloud.com. Neither page
says which members can be missing.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Member(NamedTuple):
    """One row of a page's table: the table's title, the member's name, its type in the page's own words."""

    table: str
    name: str
    type: str


TASK: Final = "Response body parameters"
LISTED_TASK: Final = "RunningTask"
TASK_LIST: Final = "Task list"

PAGE: Final = (
    # Table 2
    Member(TASK, "code", "String"),
    Member(TASK, "config", "SmartTaskConfig object"),
    Member(TASK, "create_time", "String"),
    Member(TASK, "elapsed_time", "Long"),
    Member(TASK, "error_code", "String"),
    Member(TASK, "error_detail", "String"),
    Member(TASK, "error_msg", "String"),
    Member(TASK, "message", "String"),
    Member(TASK, "progress", "Float"),
    Member(TASK, "resource_id", "String"),
    Member(TASK, "result", "Result object"),
    Member(TASK, "status", "Integer"),
    Member(TASK, "task_id", "String"),
    Member(TASK, "task_name", "String"),
    Member(TASK, "export_type", "Integer"),
    # Table 3
    Member("SmartTaskConfig", "algorithm_type", "String"),
    Member("SmartTaskConfig", "ambiguity", "Boolean"),
    Member("SmartTaskConfig", "annotation_output", "String"),
    Member("SmartTaskConfig", "collect_rule", "String"),
    Member("SmartTaskConfig", "collect_sample", "Boolean"),
    Member("SmartTaskConfig", "confidence_scope", "String"),
    Member("SmartTaskConfig", "description", "String"),
    Member("SmartTaskConfig", "engine_name", "String"),
    Member("SmartTaskConfig", "export_format", "Integer"),
    Member("SmartTaskConfig", "export_params", "ExportParams object"),
    Member("SmartTaskConfig", "flavor", "Flavor object"),
    Member("SmartTaskConfig", "image_brightness", "Boolean"),
    Member("SmartTaskConfig", "image_colorfulness", "Boolean"),
    Member("SmartTaskConfig", "inf_cluster_id", "String"),
    Member("SmartTaskConfig", "inf_config_list", "Array of InfConfig objects"),
    Member("SmartTaskConfig", "inf_output", "String"),
    Member("SmartTaskConfig", "infer_result_output_dir", "String"),
    Member("SmartTaskConfig", "key_sample_output", "String"),
    Member("SmartTaskConfig", "log_url", "String"),
    Member("SmartTaskConfig", "manifest_path", "String"),
    Member("SmartTaskConfig", "model_id", "String"),
    Member("SmartTaskConfig", "model_name", "String"),
    Member("SmartTaskConfig", "model_parameter", "String"),
    Member("SmartTaskConfig", "model_version", "String"),
    Member("SmartTaskConfig", "n_clusters", "Integer"),
    Member("SmartTaskConfig", "name", "String"),
    Member("SmartTaskConfig", "output_dir", "String"),
    Member("SmartTaskConfig", "parameters", "Array of TrainingParameter objects"),
    Member("SmartTaskConfig", "pool_id", "String"),
    Member("SmartTaskConfig", "property", "String"),
    Member("SmartTaskConfig", "req_uri", "String"),
    Member("SmartTaskConfig", "result_type", "Integer"),
    Member("SmartTaskConfig", "samples", "Array of SampleLabels objects"),
    Member("SmartTaskConfig", "stop_time", "Integer"),
    Member("SmartTaskConfig", "time", "String"),
    Member("SmartTaskConfig", "train_data_path", "String"),
    Member("SmartTaskConfig", "train_url", "String"),
    Member("SmartTaskConfig", "version_format", "String"),
    Member("SmartTaskConfig", "worker_server_num", "Integer"),
    # Table 4
    Member("ExportParams", "clear_hard_property", "Boolean"),
    Member("ExportParams", "export_dataset_version_format", "String"),
    Member("ExportParams", "export_dataset_version_name", "String"),
    Member("ExportParams", "export_dest", "String"),
    Member("ExportParams", "export_new_dataset_name", "String"),
    Member("ExportParams", "export_new_dataset_work_path", "String"),
    Member("ExportParams", "ratio_sample_usage", "Boolean"),
    Member("ExportParams", "sample_state", "String"),
    Member("ExportParams", "samples", "Array of strings"),
    Member("ExportParams", "search_conditions", "Array of SearchCondition objects"),
    Member("ExportParams", "train_sample_ratio", "String"),
    # Table 5
    Member("SearchCondition", "coefficient", "String"),
    Member("SearchCondition", "frame_in_video", "Integer"),
    Member("SearchCondition", "hard", "String"),
    Member("SearchCondition", "import_origin", "String"),
    Member("SearchCondition", "kvp", "String"),
    Member("SearchCondition", "label_list", "SearchLabels object"),
    Member("SearchCondition", "labeler", "String"),
    Member("SearchCondition", "metadata", "SearchProp object"),
    Member("SearchCondition", "parent_sample_id", "String"),
    Member("SearchCondition", "sample_dir", "String"),
    Member("SearchCondition", "sample_name", "String"),
    Member("SearchCondition", "sample_time", "String"),
    Member("SearchCondition", "score", "String"),
    Member("SearchCondition", "slice_thickness", "String"),
    Member("SearchCondition", "study_date", "String"),
    Member("SearchCondition", "time_in_video", "String"),
    # Table 6
    Member("SearchLabels", "labels", "Array of SearchLabel objects"),
    Member("SearchLabels", "op", "String"),
    # Table 7
    Member("SearchLabel", "name", "String"),
    Member("SearchLabel", "op", "String"),
    Member("SearchLabel", "property", "Map<String,Array<String>>"),
    Member("SearchLabel", "type", "Integer"),
    # Table 8
    Member("SearchProp", "op", "String"),
    Member("SearchProp", "props", "Map<String,Array<String>>"),
    # Table 9
    Member("Flavor", "code", "String"),
    # Table 10
    Member("InfConfig", "envs", "Map<String,String>"),
    Member("InfConfig", "instance_count", "Integer"),
    Member("InfConfig", "model_id", "String"),
    Member("InfConfig", "specification", "String"),
    Member("InfConfig", "weight", "Integer"),
    # Table 11
    Member("TrainingParameter", "label", "String"),
    Member("TrainingParameter", "value", "String"),
    # Table 12
    Member("Result", "annotated_sample_count", "Integer"),
    Member("Result", "confidence_scope", "String"),
    Member("Result", "dataset_name", "String"),
    Member("Result", "dataset_type", "String"),
    Member("Result", "description", "String"),
    Member("Result", "dlf_model_job_name", "String"),
    Member("Result", "dlf_service_job_name", "String"),
    Member("Result", "dlf_train_job_name", "String"),
    Member("Result", "events", "Array of Event objects"),
    Member("Result", "hard_example_path", "String"),
    Member("Result", "hard_select_tasks", "Array of HardSelectTask objects"),
    Member("Result", "manifest_path", "String"),
    Member("Result", "model_id", "String"),
    Member("Result", "model_name", "String"),
    Member("Result", "model_version", "String"),
    Member("Result", "samples", "Array of SampleLabels objects"),
    Member("Result", "service_id", "String"),
    Member("Result", "service_name", "String"),
    Member("Result", "service_resource", "String"),
    Member("Result", "total_sample_count", "Integer"),
    Member("Result", "train_data_path", "String"),
    Member("Result", "train_job_id", "String"),
    Member("Result", "train_job_name", "String"),
    Member("Result", "unconfirmed_sample_count", "Integer"),
    Member("Result", "version_id", "String"),
    Member("Result", "version_name", "String"),
    Member("Result", "workspace_id", "String"),
    # Table 13
    Member("Event", "create_time", "Long"),
    Member("Event", "description", "String"),
    Member("Event", "elapsed_time", "Long"),
    Member("Event", "error_code", "String"),
    Member("Event", "error_message", "String"),
    Member("Event", "events", "Array of Event objects"),
    Member("Event", "level", "Integer"),
    Member("Event", "name", "String"),
    Member("Event", "ordinal", "Integer"),
    Member("Event", "parent_name", "String"),
    Member("Event", "status", "String"),
    # Table 14
    Member("HardSelectTask", "create_at", "Long"),
    Member("HardSelectTask", "dataset_id", "String"),
    Member("HardSelectTask", "dataset_name", "String"),
    Member("HardSelectTask", "hard_select_task_id", "String"),
    Member("HardSelectTask", "task_status", "String"),
    Member("HardSelectTask", "time", "Long"),
    Member("HardSelectTask", "update_at", "Long"),
    # Table 15
    Member("SampleLabels", "labels", "Array of SampleLabel objects"),
    Member("SampleLabels", "metadata", "SampleMetadata object"),
    Member("SampleLabels", "sample_id", "String"),
    Member("SampleLabels", "sample_type", "Integer"),
    Member("SampleLabels", "sample_usage", "String"),
    Member("SampleLabels", "source", "String"),
    Member("SampleLabels", "worker_id", "String"),
    # Table 16
    Member("SampleLabel", "annotated_by", "String"),
    Member("SampleLabel", "id", "String"),
    Member("SampleLabel", "name", "String"),
    Member("SampleLabel", "property", "SampleLabelProperty object"),
    Member("SampleLabel", "score", "Float"),
    Member("SampleLabel", "type", "Integer"),
    # Table 17
    Member("SampleLabelProperty", "@modelarts:content", "String"),
    Member("SampleLabelProperty", "@modelarts:end_index", "Integer"),
    Member("SampleLabelProperty", "@modelarts:end_time", "String"),
    Member("SampleLabelProperty", "@modelarts:feature", "Object"),
    Member("SampleLabelProperty", "@modelarts:from", "String"),
    Member("SampleLabelProperty", "@modelarts:hard", "String"),
    Member("SampleLabelProperty", "@modelarts:hard_coefficient", "String"),
    Member("SampleLabelProperty", "@modelarts:hard_reasons", "String"),
    Member("SampleLabelProperty", "@modelarts:shape", "String"),
    Member("SampleLabelProperty", "@modelarts:source", "String"),
    Member("SampleLabelProperty", "@modelarts:start_index", "Integer"),
    Member("SampleLabelProperty", "@modelarts:start_time", "String"),
    Member("SampleLabelProperty", "@modelarts:to", "String"),
    # Table 18
    Member("SampleMetadata", "@modelarts:import_origin", "Integer"),
    Member("SampleMetadata", "@modelarts:hard", "Double"),
    Member("SampleMetadata", "@modelarts:hard_coefficient", "Double"),
    Member("SampleMetadata", "@modelarts:hard_reasons", "Array of integers"),
    Member("SampleMetadata", "@modelarts:size", "Array of objects"),
)

LIST: Final = (
    # Table 3
    Member(TASK_LIST, "exist_running_deploy_task", "Boolean"),
    Member(TASK_LIST, "tasks", "Array of RunningTask objects"),
    Member(TASK_LIST, "total_count", "Integer"),
    # Table 4
    Member(LISTED_TASK, "annotated_sample_count", "Integer"),
    Member(LISTED_TASK, "code", "String"),
    Member(LISTED_TASK, "config", "SmartTaskConfig object"),
    Member(LISTED_TASK, "create_time", "String"),
    Member(LISTED_TASK, "dataset_id", "String"),
    Member(LISTED_TASK, "elapsed_time", "Long"),
    Member(LISTED_TASK, "error_code", "String"),
    Member(LISTED_TASK, "error_detail", "String"),
    Member(LISTED_TASK, "error_msg", "String"),
    Member(LISTED_TASK, "message", "String"),
    Member(LISTED_TASK, "model_id", "String"),
    Member(LISTED_TASK, "model_name", "String"),
    Member(LISTED_TASK, "model_version", "String"),
    Member(LISTED_TASK, "progress", "Float"),
    Member(LISTED_TASK, "result", "Result object"),
    Member(LISTED_TASK, "status", "Integer"),
    Member(LISTED_TASK, "task_id", "String"),
    Member(LISTED_TASK, "task_name", "String"),
    Member(LISTED_TASK, "total_sample_count", "Integer"),
    Member(LISTED_TASK, "type", "Integer"),
    Member(LISTED_TASK, "unconfirmed_sample_count", "Integer"),
)
