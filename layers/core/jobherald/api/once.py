"""A request that is sent again starts one job: Powertools' idempotency, on the table of jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobherald.api import parameters
from jobherald.api.refusals import Code, RefusedError, invalid
from jobherald.submit.findings import Finding, Severity

HEADER: Final = "Idempotency-Key"
_KEY: Final = r"[\x21-\x7e]{1,255}"
PATTERN: Final = f"^{_KEY}$"
KEPT: Final = 24 * 60 * 60
"""Seconds for which an answer is remembered."""

PARTITION: Final = "idempotency"
"""Where the answers lie in the table, each under a hash of its key; no role needs to write anywhere else for them."""


class Once:
    """Work that is done once for each key, and whose answer is given again to whoever asks again."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = DynamoDBPersistenceLayer(
            table_name=table,
            key_attr="pk",
            sort_key_attr="sk",
            static_pk_value=PARTITION,
            expiry_attr="expires_at",
            boto3_client=dynamodb,
        )

    def run(
        self,
        key: str | None,
        identity: Mapping[str, Any],
        work: Callable[[], dict[str, Any]],
        context: LambdaContext,
    ) -> dict[str, Any]:
        """The answer of the work, done now or before; without a key it is done in any case.

        What the work raises is raised, and forgotten, so that it can be tried again. Raises RefusedError for a key that is
        in use at this moment, or was used for another ``identity``.
        """
        if key is None:
            return work()
        if not re.fullmatch(_KEY, key):
            raise invalid([_unusable()])
        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="identity",
            expires_after_seconds=KEPT,
            hash_function="sha256",
        )
        config.register_lambda_context(context)
        outcome = _Outcome(work)
        try:
            return self._ask(outcome, config, {"key": key, "identity": identity})
        except IdempotencyPersistenceLayerError as error:
            # The work was done, or failed in a way of its own; only this could not be written down.
            if outcome.known:
                return outcome.get()
            raise RefusedError(
                Code.UNAVAILABLE,
                "The table of jobs cannot be written to. Nothing was started; try again in a minute.",
            ) from error

    def _ask(self, outcome: _Outcome, config: IdempotencyConfig, asked: Mapping[str, Any]) -> dict[str, Any]:
        once = idempotent_function(
            outcome.of, data_keyword_argument="asked", persistence_store=self._store, config=config
        )
        try:
            answer: dict[str, Any] = once(asked=asked)
        except IdempotencyValidationError as error:
            raise RefusedError(
                Code.KEY_REUSED,
                f"This {HEADER} came before with another request. Give each request a key of its own.",
            ) from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            raise RefusedError(
                Code.IN_PROGRESS,
                f"A request with this {HEADER} is being worked on. Send it again in half a minute for its answer.",
            ) from error
        return answer


class _Outcome:
    """What became of the work, whatever becomes of what is written about it."""

    def __init__(self, work: Callable[[], dict[str, Any]]) -> None:
        self.known = False
        self._work = work
        self._answer: dict[str, Any] = {}
        self._error: Exception | None = None

    def of(self, *, asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # Powertools reads it
        try:
            self._answer = self._work()
        except Exception as error:
            self._error = error
            raise
        finally:
            self.known = True
        return self._answer

    def get(self) -> dict[str, Any]:
        if self._error is not None:
            raise self._error
        return self._answer


def _unusable() -> Finding:
    return Finding(
        "header.idempotency-key",
        Severity.ERROR,
        f"header.{HEADER}",
        "this cannot be a key",
        "send 1 to 255 visible characters of ASCII, such as a UUID",
        parameters.DOCUMENT,
    )
