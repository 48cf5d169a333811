"""The OpenAPI document with every answer that a route may give: the errors of the protocol's closed list by status."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from sync.protocol import ErrorCode

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "enum": [str(code) for code in ErrorCode]},
                "message": {"type": "string"},
            },
        }
    },
}


def error_answers() -> dict[str, Any]:
    """One answer per status that an error travels under, with its codes."""
    by_status: dict[int, list[str]] = {}
    for code in ErrorCode:
        by_status.setdefault(code.status, []).append(str(code))
    return {
        str(status): {
            "description": ", ".join(sorted(codes)),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, codes in sorted(by_status.items())
    }


class DocumentedAPI(NinjaAPI):
    """Adds to each operation what any route may answer; the success stands as the route declares it."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The document, with what any route may answer besides its success."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR
        for name, path in schema["paths"].items():
            for operation in path.values():
                operation["responses"] = {
                    **{str(status): answer for status, answer in operation.get("responses", {}).items()},
                    **error_answers(),
                }
                if "/blobs/" in name:  # RFC 9110: a part, or a range behind the end
                    operation["responses"] |= {"206": {"description": "a part"}, "416": {"description": "no such part"}}
        return schema
