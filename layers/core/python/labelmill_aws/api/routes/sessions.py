"""``/v1/sessions``."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from labelmill_aws.access.codes import MINUTES, Codes
from labelmill_aws.api.answers import answer
from labelmill_aws.api.models.sessions import NewSession
from labelmill_aws.api.models.tokens import CreatedToken
from labelmill_aws.api.parts import parts
from labelmill_aws.api.problems import Problem
from labelmill_aws.api.routes.tokens import token_answer
from labelmill_aws.api.routing import PUBLIC, Routes

routes = Routes("sessions", "Signing in by a link.")


@routes.post("/v1/sessions", PUBLIC, status=201, secret=True, problems=("code-refused",))
def create_session(new: NewSession) -> Response[CreatedToken]:
    """Sign in by the code of a link

    A code is good once, for some minutes: an address stays in a browser's history. It gives a token of its own.
    """
    made = Codes(parts().table).redeem(new.code)
    if made is None:
        raise Problem("code-refused", f"A link signs in once, within {MINUTES} minutes. Make a new one.")
    return answer(CreatedToken(**token_answer(made.row).model_dump(), token=made.text), status=201)
