"""Starts MiniStack in this process with what it lacks; run by its own Python, so nothing of jobherald is imported here.

Where the emulator is laxer or poorer than AWS (seen in 1.5.33) and the product could not be shown without it:

* conditions of a template know no ``Fn::Join``, ``Fn::Split``, ``Fn::Select`` and ``Fn::Sub``;
* a parameter that is a list is held to its allowed values as one text;
* a stream mapping goes past records that the function reported in ``batchItemFailures``;
* a queue mapping hands over ten messages at most, whatever its batch size;
* policies that ask for TLS would refuse all that is served on loopback;
* it asks for permissions by the name of a batch operation, which no policy can grant;
* it knows neither the partitions that a call to DynamoDB is about nor the role that a simulation is about;
* events of AWS's own services can be put by nobody, since there are none here to put them.

With ``JOBHERALD_ORDERS`` set to a folder, each process of a function looks there for when it has to die (`dying.py`).
With ``JOBHERALD_CALLS`` set to a file, each call that a role makes is written there: a JSON object a line with
``principal`` ``action`` ``resource`` ``allowed`` ``sid``. The emulator checks them against the roles' policies (AUTH).
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_writing = threading.Lock()

# Service authorization reference: a batch is allowed by the permission for its one-message operation.
_PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sns:PublishBatch": "sns:Publish",
}

_MORTAL = """\
import importlib.util
_spec = importlib.util.spec_from_file_location("jobherald_dying", {file!r})
_dying = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_dying)
_dying.install({orders!r})
{script}
"""


def main() -> None:
    """Serve until the process is told to end, or its parent is gone."""
    follow_parent()
    teach_conditions()
    teach_lists()
    teach_streams()
    teach_batches()
    app: Any = importlib.import_module("ministack.app")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    app.pin_request_origin = lambda address, _tls: evaluator.pin_request_origin(address, True)
    allow_events_of_aws()
    name_permissions()
    name_subjects()
    if orders := os.environ.pop("JOBHERALD_ORDERS", ""):
        let_die(orders)
    if calls := os.environ.pop("JOBHERALD_CALLS", ""):
        record_calls(evaluator, calls)
    app.main()


def follow_parent() -> None:
    """End this process, the functions and the folder soon after the process that started it has ended in any way."""
    parent, folder = os.getppid(), os.environ.pop("JOBHERALD_FOLDER", "")

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpgid(0), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def teach_conditions() -> None:
    """Resolve in conditions what CloudFormation resolves there, before the emulator compares."""
    package = "ministack.services.cloudformation"
    names = ("engine", "changesets", "handlers", "stacks", "provisioners")
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    evaluate = modules[0]._evaluate_conditions  # noqa: SLF001  # there is no other way in

    def evaluated(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
        conditions = resolved(template.get("Conditions", {}), parameters)
        return evaluate({**template, "Conditions": conditions}, parameters)

    for module in modules:
        if hasattr(module, "_evaluate_conditions"):
            module._evaluate_conditions = evaluated  # type: ignore[attr-defined]  # noqa: SLF001


def resolved(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A template's value with its text functions done; ``parameters`` are the emulator's, by name.

    Raises IndexError for a piece that a list does not have, as CloudFormation refuses it.
    """
    if isinstance(value, list):
        return [resolved(item, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    done = {name: resolved(inside, parameters) for name, inside in value.items()}
    if len(done) != 1:
        return done
    (function, arguments), *_ = done.items()
    match function:
        case "Ref" if arguments in parameters:
            found = parameters[arguments]
            text = str(found["Value"])
            is_list = found.get("Type") == "CommaDelimitedList"
            return [item.strip() for item in text.split(",")] if is_list and text else [] if is_list else text
        case "Fn::Join":
            return str(arguments[0]).join(str(item) for item in arguments[1])
        case "Fn::Split":
            return str(arguments[1]).split(arguments[0])
        case "Fn::Select":
            return arguments[1][int(arguments[0])]
        case "Fn::Sub" if isinstance(arguments, str):
            return re.sub(r"\$\{(\w+)\}", lambda name: resolved({"Ref": name[1]}, parameters), arguments)
    return done


def teach_lists() -> None:
    """Hold each value of a list to the allowed values, before the emulator would compare the list as a whole."""
    package = "ministack.services.cloudformation"
    modules = [importlib.import_module(f"{package}.{name}") for name in ("engine", "changesets", "handlers")]
    resolve = modules[0]._resolve_parameters  # noqa: SLF001  # as above

    def resolved_lists(template: Mapping[str, Any], *arguments: Any, **options: Any) -> Any:
        found = resolve(each_by_itself(template), *arguments, **options)
        for name, parameter in template.get("Parameters", {}).items():
            if name in found and (wrong := not_allowed(parameter, str(found[name]["Value"]))):
                raise ValueError(f"Parameter '{name}' must be one of AllowedValues, and {wrong[0]} is not")
        return found

    for module in modules:
        module._resolve_parameters = resolved_lists  # type: ignore[attr-defined]  # noqa: SLF001  # as above


def each_by_itself(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without the allowed values of its lists."""
    parameters = {
        name: {key: value for key, value in parameter.items() if key != "AllowedValues"}
        if parameter.get("Type") == "CommaDelimitedList"
        else parameter
        for name, parameter in template.get("Parameters", {}).items()
    }
    return {**template, "Parameters": parameters}


def not_allowed(parameter: Mapping[str, Any], value: str) -> list[str]:
    """The members of a list that its parameter does not allow."""
    allowed = parameter.get("AllowedValues")
    if not allowed or parameter.get("Type") != "CommaDelimitedList":
        return []
    return [member for one in value.split(",") if (member := one.strip()) not in allowed]


def teach_streams() -> None:
    """Bring a stream's batch again while its function reports failures, then send it to the mapping's destination.

    AWS goes back to the lowest record that failed; here the whole batch comes again, which a function has to bear anyway.
    """
    service = importlib.import_module("ministack.services.lambda_svc")
    execute: Callable[[Any, Any], dict[str, Any]] = service._execute_function  # noqa: SLF001  # as above
    attempts: dict[str, int] = {}

    def executed(function: Any, event: Any) -> dict[str, Any]:
        result = execute(function, event)
        records = event.get("Records") if isinstance(event, dict) else None
        if not records or records[0].get("eventSource") != "aws:dynamodb":
            return result
        body = result.get("body")
        reported = bool(isinstance(body, dict) and body.get("batchItemFailures"))
        if not (reported or result.get("error")):
            return result
        first = str(records[0]["dynamodb"]["SequenceNumber"])
        attempts[first] = attempts.get(first, 0) + 1
        mapping = _mapping_of(service, function)
        retries = int(mapping.get("MaximumRetryAttempts", -1))
        if 0 <= retries < attempts[first]:
            del attempts[first]
            stream = mapping["EventSourceArn"]
            service._send_ddb_stream_failure_record(  # noqa: SLF001  # as above
                mapping, function, records, stream, result, "RetryAttemptsExhausted"
            )
            return {**result, "error": False}
        return {**result, "error": True}

    service._execute_function = executed  # type: ignore[attr-defined]  # noqa: SLF001  # as above


def teach_batches() -> None:
    """Give a function as many of a queue's messages as its mapping asks for: Lambda gathers more than one answer of SQS."""
    sqs = importlib.import_module("ministack.services.sqs")
    receive: Callable[[str, int], list[Any]] = sqs._receive_messages_for_esm  # noqa: SLF001  # as above

    def gathered(queue: str, most: int) -> list[Any]:
        batch: list[Any] = []
        while len(batch) < most and (more := receive(queue, most - len(batch))):
            batch += more
        return batch

    sqs._receive_messages_for_esm = gathered  # type: ignore[attr-defined]  # noqa: SLF001  # as above


def _mapping_of(service: Any, function: Any) -> Mapping[str, Any]:
    name = (function.get("config") or function).get("FunctionName")
    mappings = (mapping for _, _, mapping in service._iter_all_esms())  # noqa: SLF001  # as above
    streams = [
        m for m in mappings if m.get("FunctionName") == name and "/stream/" in m.get("EventSourceArn", "")
    ]
    return streams[0] if streams else {}


def allow_events_of_aws() -> None:
    """Let PutEvents take any source, so that a simulated service's event meets the deployed rules."""
    events = importlib.import_module("ministack.services.eventbridge")
    put = events._put_events  # noqa: SLF001  # as above
    events._put_events = lambda data, **_: put(data, allow_aws_source=True)  # type: ignore[attr-defined]  # noqa: SLF001


def name_permissions() -> None:
    """Ask for the permission that AWS asks for."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    extract = actions.extract_iam_action

    def extracted(*request: Any) -> Any:
        action = extract(*request)
        return _PERMISSIONS.get(action, action)

    actions.extract_iam_action = extracted


def name_subjects() -> None:
    """Say what a call is about where policies may ask for it: partitions of a table, the role of a simulation."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    context, arn = actions.dynamodb_service_context, actions.extract_resource_arn

    def with_partitions(body: bytes) -> Any:
        keys = partitions(body)
        return {**context(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}

    def with_roles(service: str, *request: Any) -> Any:
        found = arn(service, *request)
        if service != "iam":
            return found
        parameters = request[4]
        return actions._query_param(parameters, "PolicySourceArn") or found  # noqa: SLF001  # as above

    actions.dynamodb_service_context = with_partitions
    actions.extract_resource_arn = with_roles


def partitions(body: bytes) -> list[str]:
    """The partition keys, called ``pk``, that a request to DynamoDB names item by item."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return []
    named = [request.get("Key"), request.get("Item")]
    for table in (request.get("RequestItems") or {}).values():
        if isinstance(table, dict):
            named += table.get("Keys", [])
        else:
            asked = [one for each in table for one in each.values()]
            named += [one.get("Item") or one.get("Key") for one in asked]
    return [item["pk"]["S"] for item in named if item and "pk" in item]


def let_die(orders: str) -> None:
    """Have every process of a function look into a folder for orders to die, before it loads the function's own code."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime._PYTHON_WORKER_SCRIPT = _MORTAL.format(  # noqa: SLF001  # as above
        file=str(Path(__file__).with_name("dying.py")),
        orders=orders,
        script=runtime._PYTHON_WORKER_SCRIPT,  # noqa: SLF001  # as above
    )


def record_calls(evaluator: Any, path: str) -> None:
    """Write down every call that is checked against a role's policies, with what was decided.

    ``sid`` is that of the role's own statement, since the policy of the resource is asked afterwards.
    """
    evaluate, enforce = evaluator.evaluate, evaluator.enforce
    said = threading.local()

    def evaluated(context: Any, *policies: Any) -> Any:
        result = evaluate(context, *policies)
        said.results.append((context, result))
        return result

    def enforced(*arguments: Any, **options: Any) -> Any:
        said.results = []
        denied = enforce(*arguments, **options)
        for context, result in said.results[:1]:
            if context.principal_type == "AssumedRole":
                line = json.dumps(
                    {
                        "principal": context.principal_arn,
                        "action": context.action,
                        "resource": context.resource_arn,
                        "allowed": denied is None,
                        "sid": result.matched_sid,
                    }
                )
                with _writing, open(path, "a", encoding="utf-8") as calls:  # noqa: PTH123  # one append, no state
                    calls.write(line + "\n")
        return denied

    evaluator.evaluate, evaluator.enforce = evaluated, enforced


if __name__ == "__main__":
    main()
