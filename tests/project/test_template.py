from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jobherald.api import once
from jobherald.catalog.load import all_sources, load
from jobherald.catalog.source import Source
from jobherald.checks.granting import actions
from jobherald.deploying.defaults import DEFAULT_SOURCES
from jobherald.deploying.rules import patterns
from jobherald.deploying.template import render
from jobherald.flows.lanes import ORDINARY, URGENT
from jobherald.flows.slack import GONE_SECONDS, LONGEST_BACKOFF
from jobherald.store import items
from tests.project.template import (
    ROOT,
    Deployed,
    as_list,
    functions,
    properties,
    resources,
    statements,
    template,
)

TEMPLATE = (ROOT / "template.yaml").read_text(encoding="utf-8")
DEPLOYED = [source for source in map(load, DEFAULT_SOURCES) if source.provider == "aws"]
HUAWEI_SOURCES = [source.id for source in all_sources() if source.provider == "huaweicloud"]
PROJECT = "cn-north-4/0a1b2c3d4e5f60718293a4b5c6d7e8f9"
VERBS = sorted(functions())
QUEUES = properties("AWS::SQS::Queue")
ALARMS = properties("AWS::CloudWatch::Alarm")
CANARIES = {"CanaryToldAlarm", "CanaryInSlackAlarm"}


def test_functions_are_the_folders() -> None:
    """Every folder of functions/ is deployed, and nothing else is."""
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert set(VERBS) == folders
    for verb, function in functions().items():
        assert function["CodeUri"] == f"functions/{verb}/"
        assert function["Handler"] == "app.handler"


def test_runtime_is_named_once() -> None:
    """Functions, layers, the layers' builder and the developers' Python mean the same minor version."""
    minor = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    builder = (ROOT / "scripts/build_layer.py").read_text(encoding="utf-8")
    assert f'RUNTIME: Final = "{minor}"' in builder
    assert template()["Globals"]["Function"]["Runtime"] == f"python{minor}"
    for layer in properties("AWS::Serverless::LayerVersion").values():
        assert layer["CompatibleRuntimes"] == [f"python{minor}"]


def test_architecture_is_chosen_once() -> None:
    """Functions and layers follow one parameter, whose default is what the builder builds for."""
    chosen = [{"Ref": "Architecture"}]
    assert template()["Globals"]["Function"]["Architectures"] == chosen
    for layer in properties("AWS::Serverless::LayerVersion").values():
        assert layer["CompatibleArchitectures"] == chosen
    default = template()["Parameters"]["Architecture"]["Default"]
    builder = (ROOT / "scripts/build_layer.py").read_text(encoding="utf-8")
    assert f'os.environ.get("JOBHERALD_ARCHITECTURE", "{default}")' in builder


@pytest.mark.parametrize("layer", ["core", "edge"])
def test_layers_have_their_makefile(layer: str) -> None:
    """SAM calls the target that bears the logical id, in the Makefile beside the layer's requirements."""
    name = f"{layer.capitalize()}Layer"
    resource = resources("AWS::Serverless::LayerVersion")[name]
    assert resource["Metadata"] == {"BuildMethod": "makefile"}
    folder = ROOT / resource["Properties"]["ContentUri"]
    assert f"build-{name}:" in (folder / "Makefile").read_text(encoding="utf-8")
    assert (folder / "requirements.txt").exists()


def test_names_that_others_rely_on() -> None:
    """Logical ids and outputs that scripts and documents name are there."""
    ids = (
        "ScheduleFunction IngestFunction PollFunction NotifyFunction SlackFunction JobsTable ChangesTopic OperationsTopic "
        "PollsQueue LooksQueue SlackQueue PollsDeadLetterQueue LooksDeadLetterQueue SlackDeadLetterQueue "
        "NotifyDeadLetterQueue ScheduleDeadLetterQueue IngestDeadLetterQueue ApiFunction HttpApi"
    )
    assert set(ids.split()) <= set(template()["Resources"])
    outputs = "TableName TopicArn OperationsTopicArn PollsQueueUrl SlackQueueUrl ConfigParameter ApiUrl"
    assert set(outputs.split()) <= set(template()["Outputs"])


def test_nothing_has_to_be_chosen() -> None:
    """A first deployment needs no parameter, and each says what it is for."""
    for name, parameter in template()["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"], name


def test_outputs_and_parameters_have_different_names() -> None:
    """SAM CLI takes the name of an output for a reference to the parameter of that name, and ends in a traceback."""
    assert not set(template()["Outputs"]) & set(template()["Parameters"])


def test_configuration_is_never_touched() -> None:
    """The stack makes no parameter, so that no deployment can write over what a person pushed."""
    assert not properties("AWS::SSM::Parameter")


def test_every_variable_is_read_and_every_read_is_given() -> None:
    """The functions' environment is what the package reads, no more and no less."""
    given = {name for function in functions().values() for name in function["Environment"]}
    package = ROOT / "layers/core/jobherald"
    files = [
        path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in {"local", "cli"}
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    read = set(re.findall(r'\benv(?:_list|_pairs)?\(\s*"([A-Z_]+)"', text))
    assert {name for name in given if not name.startswith("POWERTOOLS_")} - {"LOG_LEVEL"} == read


def test_stream_filter_is_exactly_this() -> None:
    """`exists` is matched on leaves only: with any other path AWS would carry nothing, in silence."""
    stream = functions()["notify"]["Events"]["Stream"]["Properties"]
    patterns = [item["Pattern"] for item in stream["FilterCriteria"]["Filters"]]
    assert patterns == ['{"dynamodb":{"NewImage":{"unsent":{"S":[{"exists":true}]}}}}']
    table = properties("AWS::DynamoDB::Table")["JobsTable"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_table_outlives_the_stack() -> None:
    """What is remembered is kept when the stack goes, can be restored, and forgets by itself."""
    table = resources("AWS::DynamoDB::Table")["JobsTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


class TestSources:
    def test_the_template_is_what_the_command_writes(self) -> None:
        """Without arguments; by hand nothing between the marks would last (else: `jobherald template`)."""
        assert render(TEMPLATE, [load(source) for source in DEFAULT_SOURCES]) == TEMPLATE

    def test_what_is_watched_by_default_needs_no_parameter(self) -> None:
        """A first deployment watches all of AWS that the template is for; another cloud takes a credential."""
        parameter = template()["Parameters"]["Sources"]
        assert set(parameter["Default"].split(",")) == {source.id for source in DEPLOYED}
        assert set(DEFAULT_SOURCES) <= set(parameter["AllowedValues"])
        assert {load(source).provider for source in DEFAULT_SOURCES} == {"aws", "huaweicloud"}

    @pytest.mark.parametrize("source", DEPLOYED, ids=lambda source: source.id)
    def test_poll_may_call_what_an_entry_calls(self, source: Source) -> None:
        """An entry without its permission would be a place that is denied for ever."""
        assert set(actions(source)) <= set(asked())

    def test_poll_may_call_nothing_of_other_sources(self) -> None:
        """A permission that no entry needs is one too many."""
        wanted = {action for source in DEPLOYED for action in actions(source)}
        assert sorted(asked()) == sorted(wanted)

    def test_its_policies_are_there_before_the_role(self) -> None:
        """Attached the other way round, the first polls would be refused, and people be told of it."""
        made = [{"Ref": name} for name in properties("AWS::IAM::ManagedPolicy")]
        assert properties("AWS::IAM::Role")["PollRole"]["ManagedPolicyArns"] == made
        assert not any("Roles" in policy for policy in properties("AWS::IAM::ManagedPolicy").values())

    @pytest.mark.parametrize(("parameters", "regions"), [({}, "us-east-1"), ({"Regions": "a,b"}, ["a", "b"])])
    def test_what_no_resource_narrows_is_allowed_in_the_watched_regions(
        self, parameters: dict[str, str], regions: object
    ) -> None:
        """The rest names its resources."""
        deployed = Deployed(**parameters)
        for policy in properties("AWS::IAM::ManagedPolicy").values():
            for statement in map(deployed.value, policy["PolicyDocument"]["Statement"]):
                if statement["Resource"] == "*":
                    assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": regions}}
                else:
                    assert all(arn.startswith("arn:aws:") for arn in statement["Resource"])

    def test_each_rule_leads_to_ingest_and_may_invoke_it(self) -> None:
        """What cannot be delivered is buried where an alarm watches."""
        rules = properties("AWS::Events::Rule")
        for rule in rules.values():
            (target,) = rule["Targets"]
            assert target["Arn"] == {"Fn::GetAtt": ["IngestFunction", "Arn"]}
            assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["IngestDeadLetterQueue", "Arn"]}}
        allowed = {
            json.dumps(permission["SourceArn"])
            for permission in properties("AWS::Lambda::Permission").values()
            if permission["Principal"] == "events.amazonaws.com"
        }
        assert allowed == {json.dumps({"Fn::GetAtt": [name, "Arn"]}) for name in rules}

    def test_the_rules_are_those_of_the_catalogue(self) -> None:
        """One a service; what they match is shown by the tests of `deploying.rules`."""
        deployed = {
            rule["EventPattern"]["source"][0]: rule["EventPattern"]
            for rule in properties("AWS::Events::Rule").values()
        }
        assert deployed == patterns(DEPLOYED)


def asked() -> list[str]:
    """Every action that the generated policies of poll allow."""
    policies = properties("AWS::IAM::ManagedPolicy").values()
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return [action for statement in statements for action in as_list(statement["Action"])]


class TestHuaweiCloud:
    @pytest.mark.parametrize("source", HUAWEI_SOURCES)
    def test_a_source_needs_its_projects_and_its_secret(self, source: str) -> None:
        """Without them every poll would fail, and the deployment would look as if all were well."""
        sources = f"sagemaker.labeling,{source}"
        projects, secret = Deployed(Sources=sources).refusals()
        assert "HuaweiProjects=" in projects
        assert "HuaweiSecret=" in secret
        assert Deployed(Sources=sources, HuaweiProjects=PROJECT).refusals() == [secret]
        complete = Deployed(Sources=sources, HuaweiProjects=PROJECT, HuaweiSecret="ssm:/jobherald/huawei")
        assert complete.refusals() == []

    def test_other_sources_need_neither(self) -> None:
        """A deployment that watches AWS alone hears nothing of it."""
        assert Deployed().refusals() == []

    def test_without_its_sources_no_secret_is_granted(self) -> None:
        """Also where a reference was left behind."""
        left_behind = Deployed(HuaweiProjects=PROJECT, HuaweiSecret="ssm:/jobherald/huawei")
        assert left_behind.granted("PollRole") == Deployed().granted("PollRole")

    @pytest.mark.parametrize(
        ("reference", "actions"),
        [
            (
                "ssm:/jobherald/huawei",
                {
                    "ssm:GetParameter": "arn:aws:ssm:us-east-1:111122223333:parameter/jobherald/huawei",
                    "kms:Decrypt": "arn:aws:kms:us-east-1:111122223333:key/*",
                },
            ),
            (
                "secretsmanager:team/huawei",
                {
                    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:111122223333:secret:team/huawei-??????",
                    "kms:Decrypt": "arn:aws:kms:*:111122223333:key/*",
                },
            ),
            (
                "secretsmanager:arn:aws:secretsmanager:eu-west-1:444455556666:secret:huawei-AbCdEf",
                {
                    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:eu-west-1:444455556666:secret:huawei-AbCdEf",
                    "kms:Decrypt": "arn:aws:kms:*:111122223333:key/*",
                },
            ),
        ],
    )
    @pytest.mark.parametrize("source", HUAWEI_SOURCES)
    def test_exactly_its_secret_is_granted(
        self, source: str, reference: str, actions: dict[str, str]
    ) -> None:
        """Reading this one secret, and decrypting it alone: AWS has nothing else to allow for another cloud."""
        without = Deployed(Sources=source).granted("PollRole")
        deployed = Deployed(Sources=source, HuaweiProjects=PROJECT, HuaweiSecret=reference)
        more = [each for each in deployed.granted("PollRole") if each not in without]
        assert {each["Action"]: each["Resource"] for each in more} == actions
        (decrypt,) = [each["Condition"] for each in more if each["Action"] == "kms:Decrypt"]
        (context,) = [
            value
            for condition in decrypt.values()
            for name, value in condition.items()
            if name.startswith("kms:EncryptionContext:")
        ]
        assert context == next(resource for action, resource in actions.items() if action != "kms:Decrypt")

    @pytest.mark.parametrize("role", sorted(set(properties("AWS::IAM::Role")) - {"PollRole"}))
    def test_nobody_else_is_granted_anything_for_it(self, role: str) -> None:
        """The credential is poll's alone."""
        deployed = Deployed(
            Sources=",".join(HUAWEI_SOURCES), HuaweiProjects=PROJECT, HuaweiSecret="ssm:/jobherald/huawei"
        )
        assert deployed.granted(role) == Deployed().granted(role)

    def test_its_environment_goes_where_it_is_needed(self) -> None:
        """schedule knows the projects, poll how to call; neither knows the credential itself."""
        variables = {verb: set(function["Environment"]) for verb, function in functions().items()}
        given = {
            verb: {name for name in names if name.startswith("HUAWEI_")} for verb, names in variables.items()
        }
        assert given == {
            "schedule": {"HUAWEI_PROJECTS"},
            "poll": {"HUAWEI_SECRET", "HUAWEI_ENDPOINTS", "HUAWEI_TIME_ZONE"},
            "ingest": set(),
            "notify": set(),
            "slack": set(),
            "api": set(),
        }

    def test_the_command_learns_the_projects_of_a_deployment(self) -> None:
        """`jobherald config push` checks a document against them; CloudFormation has no output of no value."""
        output = template()["Outputs"]["WatchedProjects"]
        assert not Deployed().holds(output["Condition"])
        deployed = Deployed(HuaweiProjects=f"{PROJECT},cn-east-3/abc")
        assert deployed.holds(output["Condition"])
        assert deployed.value(output["Value"]) == f"{PROJECT},cn-east-3/abc"


class TestPing:
    @pytest.mark.parametrize(
        ("reference", "actions"),
        [
            (
                "ssm:/jobherald/ping",
                {
                    "ssm:GetParameter": "arn:aws:ssm:us-east-1:111122223333:parameter/jobherald/ping",
                    "kms:Decrypt": "arn:aws:kms:us-east-1:111122223333:key/*",
                },
            ),
            (
                "secretsmanager:team/ping",
                {
                    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:111122223333:secret:team/ping-??????",
                    "kms:Decrypt": "arn:aws:kms:*:111122223333:key/*",
                },
            ),
            (
                "secretsmanager:arn:aws:secretsmanager:eu-west-1:444455556666:secret:ping-AbCdEf",
                {
                    "secretsmanager:GetSecretValue": "arn:aws:secretsmanager:eu-west-1:444455556666:secret:ping-AbCdEf",
                    "kms:Decrypt": "arn:aws:kms:*:111122223333:key/*",
                },
            ),
        ],
    )
    def test_exactly_its_secret_is_granted(self, reference: str, actions: dict[str, str]) -> None:
        """To schedule, which pings, and only where there is one."""
        deployed, without = Deployed(PingSecret=reference), Deployed()
        more = [
            each for each in deployed.granted("ScheduleRole") if each not in without.granted("ScheduleRole")
        ]
        assert {each["Action"]: each["Resource"] for each in more} == actions
        for role in set(properties("AWS::IAM::Role")) - {"ScheduleRole"}:
            assert deployed.granted(role) == without.granted(role)

    def test_its_reference_goes_where_it_is_needed(self) -> None:
        """And nowhere else."""
        given = {verb for verb, function in functions().items() if "PING_SECRET" in function["Environment"]}
        assert given == {"schedule"}


ROUTES = properties("AWS::ApiGatewayV2::Route")
ROLE = "arn:aws:iam::111122223333:role/labeling"


class TestHttpApi:
    """The emulator does check that a request is signed, but AWS checks by these lines: they are what is deployed."""

    @pytest.mark.parametrize("name", ROUTES)
    def test_no_route_is_open_to_everybody(self, name: str) -> None:
        """A request is signed by somebody who may send it, or bears a token of the issuer's: nothing else is let in."""
        route = ROUTES[name]
        by_default, with_tokens = Deployed(), Deployed(ApiJwtIssuer="https://id.example", ApiJwtAudience="a")
        assert by_default.value(route["AuthorizationType"]) == "AWS_IAM"
        assert by_default.value(route["AuthorizerId"]) == {"Ref": "AWS::NoValue"}
        assert with_tokens.value(route["AuthorizationType"]) == "JWT"
        assert with_tokens.value(route["AuthorizerId"]) == {"Ref": "ApiTokens"}
        assert with_tokens.holds("ApiTakesTokens")

    def test_there_is_no_way_around_the_routes(self) -> None:
        """No further API, no route for whatever has none, no address of the function's own, nobody else who invokes it."""
        assert set(properties("AWS::ApiGatewayV2::Api")) == {"HttpApi"}
        assert "RouteSelectionExpression" not in properties("AWS::ApiGatewayV2::Api")["HttpApi"]
        assert {route["RouteKey"] for route in ROUTES.values()}.isdisjoint({"$default", "ANY /{proxy+}"})
        kinds = {resource["Type"] for resource in template()["Resources"].values()}
        assert kinds.isdisjoint({"AWS::Lambda::Url", "AWS::Serverless::Api", "AWS::Serverless::HttpApi"})
        assert not {"Events", "FunctionUrlConfig"} & set(functions()["api"])
        invokers = [
            permission
            for permission in properties("AWS::Lambda::Permission").values()
            if permission["FunctionName"] == {"Ref": "ApiFunction"}
        ]
        (invoker,) = invokers
        assert invoker["Principal"] == "apigateway.amazonaws.com"
        assert "${HttpApi}/" in invoker["SourceArn"]["Fn::Sub"]

    def test_tokens_are_those_of_one_issuer_for_named_audiences(self) -> None:
        """An issuer without an audience would let in whoever has a token of anything."""
        (tokens,) = properties("AWS::ApiGatewayV2::Authorizer").values()
        assert tokens["AuthorizerType"] == "JWT"
        assert tokens["JwtConfiguration"] == {
            "Issuer": {"Ref": "ApiJwtIssuer"},
            "Audience": {"Ref": "ApiJwtAudience"},
        }
        assert Deployed().refusals() == []
        (missing,) = Deployed(ApiJwtIssuer="https://id.example").refusals()
        assert "ApiJwtAudience" in missing
        (missing,) = Deployed(ApiJwtAudience="a,b").refusals()
        assert "ApiJwtIssuer" in missing

    def test_routes_are_those_of_the_function(self) -> None:
        """What the document describes is deployed, and nothing else."""
        from jobherald.api.openapi import document

        described = {
            f"{method.upper()} {path.replace('{id}', '{id+}')}"
            for path, methods in document()["paths"].items()
            for method in methods
        }
        assert {route["RouteKey"] for route in ROUTES.values()} == described
        assert {json.dumps(route["Target"]) for route in ROUTES.values()} == {
            json.dumps({"Fn::Sub": "integrations/${ApiIntegration}"})
        }

    def test_requests_are_limited_in_rate(self) -> None:
        """All of them, and those that start jobs more narrowly."""
        (stage,) = properties("AWS::ApiGatewayV2::Stage").values()
        assert Deployed().value(stage["DefaultRouteSettings"]) == {
            "ThrottlingRateLimit": "10",
            "ThrottlingBurstLimit": 20,
        }
        assert stage["RouteSettings"] == {
            "POST /labeling-jobs": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 5}
        }

    def test_the_function_is_done_before_its_caller_is_told_that_it_is_not(self) -> None:
        """API Gateway waits for 30 s and no longer."""
        (integration,) = properties("AWS::ApiGatewayV2::Integration").values()
        assert functions()["api"]["Timeout"] * 1000 < integration["TimeoutInMillis"] <= 30_000
        assert integration["PayloadFormatVersion"] == "2.0"

    def test_the_access_log_holds_nothing_that_was_sent(self) -> None:
        """Neither query strings nor headers nor bodies: names of customers' objects may be in them."""
        (stage,) = properties("AWS::ApiGatewayV2::Stage").values()
        format_ = stage["AccessLogSettings"]["Format"]
        json.loads(format_)
        kept = set(re.findall(r"\$context\.([\w.]+)", format_))
        assert kept.isdisjoint({"path", "querystring", "authorizer.claims.email"})
        assert "$request" not in format_
        group = properties("AWS::Logs::LogGroup")["ApiAccessLogGroup"]
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}

    def test_it_can_be_left_out(self) -> None:
        """Without it nothing of it is deployed, its output and its alarms included."""
        without = Deployed(Api="DISABLED", ApiJwtIssuer="https://id.example", ApiJwtAudience="a")
        of_it = {
            name: resource
            for name, resource in template()["Resources"].items()
            if name.startswith("Api") or resource["Type"].startswith("AWS::ApiGateway") or name == "HttpApi"
        }
        assert len(of_it) >= 12
        assert not [name for name, resource in of_it.items() if without.holds(resource["Condition"])]
        outputs = [template()["Outputs"][name] for name in ("ApiUrl", "ApiFunctionName")]
        assert not [output for output in outputs if without.holds(output["Condition"])]
        assert Deployed().holds("HasApi")

    def test_by_default_it_only_reads(self) -> None:
        """Of the table alone; what it writes there is the key of its page tokens."""
        actions = {
            action for statement in Deployed().granted("ApiRole") for action in as_list(statement["Action"])
        }
        assert actions == {
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        }

    @pytest.mark.parametrize("action", ["UpdateItem", "PutItem", "DeleteItem"])
    def test_it_can_write_no_job(self, action: str) -> None:
        """Only items of its own, by their partition."""
        deployed = Deployed(SubmitRoles=ROLE)
        writing = [
            each for each in deployed.granted("ApiRole") if f"dynamodb:{action}" in as_list(each["Action"])
        ]
        assert writing
        partitions = [
            key
            for each in writing
            for key in each["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
        ]
        assert set(partitions) <= {items.PAGES, once.PARTITION}

    def test_jobs_are_given_the_named_roles_alone(self) -> None:
        """And these to SageMaker alone."""
        deployed = Deployed(SubmitRoles=f"{ROLE},{ROLE}-2")
        (passing,) = [each for each in deployed.granted("ApiRole") if each["Action"] == "iam:PassRole"]
        assert passing["Resource"] == [ROLE, f"{ROLE}-2"]
        assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}

    def test_it_sees_the_named_buckets_alone(self) -> None:
        """And only where it may start jobs."""
        deployed = Deployed(SubmitRoles=ROLE, SubmitBuckets="my-in,my-out")
        of_s3 = {
            action: each["Resource"]
            for each in deployed.granted("ApiRole")
            for action in as_list(each["Action"])
            if action.startswith("s3:")
        }
        assert of_s3.pop("s3:GetObject") == ["arn:*:s3:::my-in/*", "arn:*:s3:::my-out/*"]
        assert set(map(tuple, of_s3.values())) == {("arn:*:s3:::my-in", "arn:*:s3:::my-out")}
        assert "s3" not in str(Deployed(SubmitBuckets="my-in").granted("ApiRole"))

    def test_it_may_look_at_all_that_looks_look_at(self) -> None:
        """A look without its permission would say for ever that it could not be made."""
        from jobherald.submit.looks import PERMISSIONS

        deployed = Deployed(SubmitRoles=ROLE, SubmitBuckets="my-in")
        actions = {action for each in deployed.granted("ApiRole") for action in as_list(each["Action"])}
        assert set(PERMISSIONS) <= actions
        seen = {
            action
            for each in deployed.granted("ApiRole")
            if each["Sid"].startswith("See")
            for action in as_list(each["Action"])
        }
        assert seen <= set(PERMISSIONS)


# As CloudFormation has it: the pattern must match a text whole, and each member of a list.
@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "HuaweiProjects",
            ["", PROJECT, "eu-de/abc", "la-south-2/0A1B-2"],
            ["cn-north-4", "0a1b2c3d", "cn-north-4/", "cn-north-4/a b", "cn-north-4/a/b", "CN-North-4/abc"],
        ),
        (
            "HuaweiSecret",
            ["", "ssm:/jobherald/huawei", "secretsmanager:team/huawei"],
            ["QTWAOYTTINDUT2QVKYUC", '{"access_key": "x"}', "ssm:jobherald", "huawei"],
        ),
        (
            "PingSecret",
            ["", "ssm:/jobherald/ping", "secretsmanager:team/ping"],
            ["https://hc-ping.com/1d8b1d6a", "ssm:jobherald", "ping"],
        ),
        (
            "HuaweiEndpoints",
            [
                "",
                "cn-north-4=https://modelarts.cn-north-4.myhuaweicloud.com",
                "iam.eu-de=https://iam.eu-de.otc.t-systems.com:443/",
                "cn-north-4=http://127.0.0.1:4000",
            ],
            [
                "https://modelarts.example.com",
                "cn-north-4=modelarts.example.com",
                "cn-north-4=http://example.com",
            ],
        ),
        (
            "ApiJwtIssuer",
            ["", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC"],
            ["cognito", "http://id.example"],
        ),
        ("SubmitRoles", ["", ROLE], ["labeling", "arn:aws:iam::111122223333:user/me"]),
        ("SubmitBuckets", ["", "my-bucket"], ["s3://my-bucket", "my-bucket/in", "arn:aws:s3:::my-bucket"]),
        (
            "HuaweiTimeZone",
            ["+08:00", "-03:00", "+05:45"],
            ["", "8", "+8:00", "Asia/Shanghai", "+15:00", "Z"],
        ),
    ],
)
def test_a_slip_is_refused_before_anything_is_deployed(
    parameter: str, good: list[str], bad: list[str]
) -> None:
    """A credential never goes into the clear, a secret never into a parameter, and a mistake names what would do."""
    declared = template()["Parameters"][parameter]
    assert declared["ConstraintDescription"]
    assert [one for one in good if not re.fullmatch(declared["AllowedPattern"], one)] == []
    assert [one for one in bad if re.fullmatch(declared["AllowedPattern"], one)] == []


def test_what_the_template_takes_for_a_project_the_document_takes_too() -> None:
    """Else a project could be deployed that no watch can name."""
    from jobherald.config import projects

    pattern = template()["Parameters"]["HuaweiProjects"]["AllowedPattern"]
    assert pattern == f"^$|^{projects.REGION}/{projects.ID}$"


def test_a_job_is_remembered_for_longer_than_its_creation_is_uncertain() -> None:
    """Else one that was forgotten could still be taken for a new one, and be told anew."""
    days = template()["Parameters"]["RetentionDays"]["MinValue"]
    assert all(source.created_doubt < days * 86_400 for source in all_sources())


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_has_a_role_of_its_own(verb: str) -> None:
    """No function can do what only another one needs."""
    assert functions()[verb]["Role"] == {"Fn::GetAtt": [f"{verb.capitalize()}Role", "Arn"]}
    role = properties("AWS::IAM::Role")[f"{verb.capitalize()}Role"]
    attached = {each["Ref"] for each in role.get("ManagedPolicyArns", ())}
    assert attached == (set(properties("AWS::IAM::ManagedPolicy")) if verb == "poll" else set())


# Operations that know no resource: AWS's service authorization reference lists none for them.
WITHOUT_RESOURCE = {
    "sagemaker:ListLabelingJobs",
    "dynamodb:ListStreams",
}


@pytest.mark.parametrize("role", sorted(properties("AWS::IAM::Role")))
def test_no_wildcards(role: str) -> None:
    """A role names its actions, and its resources wherever the action knows any."""
    for statement in statements(role):
        actions = as_list(statement["Action"])
        assert not [action for action in actions if "*" in action and action != "kms:GenerateDataKey*"]
        if "*" in as_list(statement["Resource"]):
            assert set(actions) <= WITHOUT_RESOURCE


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_queues_are_encrypted_and_take_tls_only(queue: str) -> None:
    """Nothing that waits is readable on a disk, and nothing travels in the clear."""
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True
    policies = [
        policy
        for policy in properties("AWS::SQS::QueuePolicy").values()
        if policy["Queues"] == [{"Ref": queue}]
    ]
    (policy,) = policies
    assert _denies_plain_http(policy, {"Fn::GetAtt": [queue, "Arn"]}, "sqs:*")


@pytest.mark.parametrize("topic", sorted(properties("AWS::SNS::Topic")))
def test_topics_take_tls_only(topic: str) -> None:
    """Nothing is published in the clear."""
    policies = [
        policy
        for policy in properties("AWS::SNS::TopicPolicy").values()
        if policy["Topics"] == [{"Ref": topic}]
    ]
    (policy,) = policies
    assert _denies_plain_http(policy, {"Ref": topic}, "sns:Publish")


def test_rules_may_bury_whatever_the_stack_is_called() -> None:
    """CloudFormation cuts a long stack name within a rule's name, so that none can be told from the stack's."""
    document = properties("AWS::SQS::QueuePolicy")["IngestDeadLetterQueuePolicy"]["PolicyDocument"]
    (allowed,) = [each for each in document["Statement"] if each["Effect"] == "Allow"]
    sources = allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert sources == "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"


def test_slack_queue_takes_news_from_its_topic_only() -> None:
    """Whoever may send to the queue may write into the channel."""
    (subscription,) = [
        each for each in properties("AWS::SNS::Subscription").values() if each["Protocol"] == "sqs"
    ]
    assert subscription["RawMessageDelivery"] is True
    assert subscription["RedrivePolicy"]
    document = properties("AWS::SQS::QueuePolicy")["SlackQueuePolicy"]["PolicyDocument"]
    (allowed,) = [each for each in document["Statement"] if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "ChangesTopic"}}}


@pytest.mark.parametrize("verb", VERBS)
def test_a_message_stays_hidden_while_it_is_worked_on(verb: str) -> None:
    """Six times the time-out, as AWS advises, else a slow batch is worked on twice; one message needs it once."""
    events = functions()[verb].get("Events", {}).values()
    for event in (event for event in events if event["Type"] == "SQS"):
        queue = QUEUES[event["Properties"]["Queue"]["Fn::GetAtt"][0]]
        batches = 1 if event["Properties"]["BatchSize"] == 1 else 6
        assert queue["VisibilityTimeout"] >= batches * functions()[verb]["Timeout"]
        assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", sorted(name for name in QUEUES if name.endswith("DeadLetterQueue")))
def test_dead_letters_are_kept_and_alarm(queue: str) -> None:
    """They stay as long as SQS can keep them, and somebody hears of the first."""
    assert QUEUES[queue]["MessageRetentionPeriod"] == 1209600
    watched = {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    (alarm,) = [alarm for alarm in ALARMS.values() if alarm["Dimensions"] == [watched]]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)


@pytest.mark.parametrize("queue", ["PollsQueue", "LooksQueue", "SlackQueue"])
def test_queues_have_dead_letters(queue: str) -> None:
    """A message that cannot be worked off is put aside, and a FIFO queue's into a FIFO queue."""
    dead = queue.replace("Queue", "DeadLetterQueue")
    assert QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [dead, "Arn"]}
    assert QUEUES[queue].get("FifoQueue") == QUEUES[dead].get("FifoQueue")


@pytest.mark.parametrize("verb", VERBS)
def test_errors_of_every_function_alarm(verb: str) -> None:
    """No function fails for long without anybody being told."""
    watched = [{"Name": "FunctionName", "Value": {"Ref": f"{verb.capitalize()}Function"}}]
    metrics = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Dimensions"] == watched}
    assert "Errors" in metrics


def test_alarms_never_take_the_path_they_watch() -> None:
    """All of them go to the operations topic, which lets CloudWatch publish and has no key that would stop it."""
    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "OperationsTopic"}]
    topic = properties("AWS::SNS::Topic")["OperationsTopic"]
    assert topic["KmsMasterKeyId"] == {
        "Fn::If": ["HasTopicKey", {"Ref": "TopicKey"}, {"Ref": "AWS::NoValue"}]
    }
    document = properties("AWS::SNS::TopicPolicy")["OperationsTopicPolicy"]["PolicyDocument"]
    allowed = [each["Principal"] for each in document["Statement"] if each["Effect"] == "Allow"]
    assert allowed == [{"Service": "cloudwatch.amazonaws.com"}]


def test_a_slack_that_refuses_everything_alarms() -> None:
    """After a quarter of an hour, by what the function says; a period without a try of it would end the alarm."""
    alarm = ALARMS["SlackAgeAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("jobherald", "SlackWait")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (900, "GreaterThanOrEqualToThreshold")
    assert alarm["Period"] > max(GONE_SECONDS, LONGEST_BACKOFF) + functions()["slack"]["Timeout"]


def test_a_flood_alarms_nobody() -> None:
    """What is gathered waits for two turns of its lane, and for an invocation: far less than the alarm asks for."""
    longest = 2 * max(URGENT.gather, ORDINARY.gather) + QUEUES["SlackQueue"]["VisibilityTimeout"]
    assert longest < ALARMS["SlackAgeAlarm"]["Threshold"]


def test_slack_is_told_in_batches_that_one_invocation_can_tell() -> None:
    """SQS gathers more than ten messages only over a second and more."""
    (event,) = functions()["slack"]["Events"].values()
    mapping = event["Properties"]
    assert 10 < mapping["BatchSize"] <= 100
    assert mapping["MaximumBatchingWindowInSeconds"] >= 1
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_silence_is_an_alarm() -> None:
    """A schedule that no longer runs says nothing, so that no data has to mean trouble."""
    alarm = ALARMS["OldestLookAgeAlarm"]
    assert alarm["TreatMissingData"] == "breaching"
    others = {name for name, each in ALARMS.items() if each["TreatMissingData"] != "notBreaching"}
    assert others == {"OldestLookAgeAlarm", *CANARIES}


@pytest.mark.parametrize("name", ["CanaryToldAlarm", "CanaryInSlackAlarm"])
def test_a_canary_that_does_not_come_is_an_alarm(name: str) -> None:
    """It comes once a day; what is missing for two hours more is missing."""
    alarm = ALARMS[name]
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "LessThanThreshold")
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "breaching")
    # What CloudWatch looks back at is at most seven days, with periods of an hour and more.
    assert 86_400 + 3600 <= alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 86_400
    assert alarm["Period"] >= 3600
    for parameters, enabled in (
        ({}, True),
        ({"Canary": "DISABLED"}, False),
        ({"ScheduleState": "DISABLED"}, False),
    ):
        assert Deployed(**parameters).value(alarm["ActionsEnabled"]) is enabled


def test_a_canary_in_slack_is_awaited_only_where_there_is_a_slack() -> None:
    """Else its alarm would never be over."""
    alarms = resources("AWS::CloudWatch::Alarm")
    assert alarms["CanaryInSlackAlarm"]["Condition"] == "HasSlack"
    assert "Condition" not in alarms["CanaryToldAlarm"]


@pytest.mark.parametrize(
    "name", [name for name, alarm in ALARMS.items() if alarm["Namespace"] == "jobherald"]
)
def test_alarms_watch_metrics_that_exist(name: str) -> None:
    """A metric of our own is emitted by a function under this name, and with this one dimension."""
    alarm = ALARMS[name]
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("functions/*/app.py"))
    assert f'add_metric("{alarm["MetricName"]}"' in text
    assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert shared["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert shared["POWERTOOLS_METRICS_NAMESPACE"] == "jobherald"


@pytest.mark.parametrize("verb", VERBS)
def test_logs_are_forgotten(verb: str) -> None:
    """Every function logs into a group of its own that the stack makes, with the chosen retention."""
    name = f"{verb.capitalize()}LogGroup"
    assert functions()[verb]["LoggingConfig"] == {"LogGroup": {"Ref": name}}
    assert properties("AWS::Logs::LogGroup")[name]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def _denies_plain_http(policy: dict[str, Any], resource: dict[str, Any], action: str) -> bool:
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    } in policy["PolicyDocument"]["Statement"]
