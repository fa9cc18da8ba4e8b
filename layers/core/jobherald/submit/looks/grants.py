"""What a role's own policies allow: as IAM simulates it, and as their text can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from jobherald.submit.arns import arn_of
from jobherald.submit.looks.eyes import AbsentError, Eyes, UnseenError
from jobherald.submit.looks.policies import Verdict, Wish, verdict

POLICIES: Final = 10
"""How many attached policies, and how many of the role's own, are read. By default a role may have 10 attached."""

_DECISIONS: Final = {
    "allowed": Verdict.ALLOWED,
    "explicitDeny": Verdict.DENIED,
    "implicitDeny": Verdict.NOT_ALLOWED,
}
# A condition key that only objects have which are there already: none of its values opens a bucket for writing.
_TAG: Final = "s3:existingobjecttag/"
_READS: Final = "s3:GetObject"

Wishes = list[tuple[str, str]]
Verdicts = dict[tuple[str, str], Verdict]


def simulated(eyes: Eyes, role: str, wishes: Wishes) -> Verdicts:
    """What IAM's simulation says, policies of the organization and a permissions boundary among it; one call an action.

    Raises AbsentError where there is no such role, and UnseenError.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    said: Verdicts = {}
    for action in dict.fromkeys(action for action, _ in wishes):
        resources = [resource for each, resource in wishes if each == action]
        answer = eyes.ask(
            "iam",
            "SimulatePrincipalPolicy",
            PolicySourceArn=role,
            ActionNames=[action],
            ResourceArns=resources,
        )
        results = dict(_results(answer))
        for resource in resources:
            if resource not in results:
                raise UnseenError("IAM's simulation had no result", "check again later")
            said[action, resource] = _simulated(action, *results[resource])
    return said


def _results(answer: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Decision and missing condition keys by resource.

    They are in ResourceSpecificResults; of one resource the result above said the same, and for it the list may be empty.
    """
    for result in answer.get("EvaluationResults", ()):
        yield (
            result.get("EvalResourceName", ""),
            (result["EvalDecision"], result.get("MissingContextValues", [])),
        )
        for each in result.get("ResourceSpecificResults", ()):
            missing = each.get("MissingContextValues", [])
            yield each["EvalResourceName"], (each["EvalResourceDecision"], missing)


def _simulated(action: str, decision: str, missing: Iterable[str]) -> Verdict:
    """A decision for lack of a key's value is none: the simulation knows neither tags nor addresses."""
    said = _DECISIONS[decision]
    service = action.partition(":")[0]
    keys = [key.lower() for key in missing]
    deciding = [
        key
        for key in keys
        if key.startswith((f"{service}:", "aws:")) and (action == _READS or not key.startswith(_TAG))
    ]
    return Verdict.CONDITIONAL if said is Verdict.NOT_ALLOWED and deciding else said


def reasoned(eyes: Eyes, role: str, wishes: Wishes) -> Verdicts:
    """What the text of the role's policies says, and that of its permissions boundary.

    Policies of the organization are not read. Raises AbsentError where there is no such role, and UnseenError where a
    policy that could not be read might have decided otherwise.
    """
    name = role.rpartition("/")[2]
    documents, unread = _documents(eyes, name)
    bounds = _bounds(eyes, name)
    arn = arn_of(role)
    context = {"aws:principalarn": role, "aws:principalaccount": arn.account if arn is not None else ""}
    said: Verdicts = {}
    for action, resource in wishes:
        wish = Wish(action, resource, frozenset(), context)
        own = verdict(documents, wish)
        if unread is not None and own in {Verdict.NOT_ALLOWED, Verdict.CONDITIONAL}:
            raise unread
        said[action, resource] = min([own, *(verdict([bound], wish) for bound in bounds)])
    return said


def _documents(eyes: Eyes, name: str) -> tuple[list[object], UnseenError | None]:
    """The role's policies, and why one of them could not be read."""
    own = eyes.ask("iam", "ListRolePolicies", RoleName=name)
    attached = eyes.ask("iam", "ListAttachedRolePolicies", RoleName=name)
    names, arns = own["PolicyNames"], [each["PolicyArn"] for each in attached["AttachedPolicies"]]
    documents: list[object] = []
    unread = None
    if own.get("IsTruncated") or attached.get("IsTruncated") or max(len(names), len(arns)) > POLICIES:
        unread = UnseenError(f"the role has more than {POLICIES} policies", "look for yourself")
    reads = [partial(_own, eyes, name, each) for each in names[:POLICIES]]
    reads += [partial(_document, eyes, each) for each in arns[:POLICIES]]
    for read in reads:
        try:
            documents.append(read())
        except UnseenError as error:
            unread = error
        except AbsentError:  # it was taken away meanwhile
            continue
    return documents, unread


def _own(eyes: Eyes, name: str, policy: str) -> object:
    return eyes.ask("iam", "GetRolePolicy", RoleName=name, PolicyName=policy)["PolicyDocument"]


def _document(eyes: Eyes, policy: str) -> object:
    version = eyes.ask("iam", "GetPolicy", PolicyArn=policy)["Policy"]["DefaultVersionId"]
    found = eyes.ask("iam", "GetPolicyVersion", PolicyArn=policy, VersionId=version)
    return found["PolicyVersion"]["Document"]


def _bounds(eyes: Eyes, name: str) -> list[object]:
    """The permissions boundary of the role, if it has one."""
    role = eyes.ask("iam", "GetRole", RoleName=name)["Role"]
    bound = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return [_document(eyes, bound)] if bound else []
