"""Which addresses there are: what each takes, what is said of others, and how they are described."""

import pytest

from answered import refused


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/v1/recognition", id="none to read"),
        pytest.param("POST", "/api/v1/elsewhere", id="none to send to"),
    ],
)
def test_a_wrong_address_is_refused_like_anything(service, method, path):
    answer = service.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_address")
    assert answer.json()["detail"].startswith(f"{method} {path}: no such address; GET /api/v1/openapi.json")


@pytest.mark.parametrize(
    ("method", "path", "taken"),
    [
        pytest.param("GET", "/api/v1/recognitions", "POST", id="one to send to, not to read"),
        pytest.param("GET", "/api/v1/productions", "POST", id="likewise"),
        pytest.param("PUT", "/api/v1/lexicon", "GET, POST", id="two routes"),
        pytest.param("POST", "/api/v1/work/mine", "GET, DELETE", id="of a name"),
        pytest.param("DELETE", "/api/v1/health", "GET", id="one to read"),
    ],
)
def test_what_an_address_takes_is_told_to_who_asks_otherwise(service, method, path, taken):
    answer = service.client.request(method, path)
    told = refused(answer, 405, "no_method")
    assert told.startswith(f"{method} {path}: this address takes {taken.replace(', ', ' and ')}; ")
    assert answer.headers["allow"] == taken


def test_openapi_describes_every_answer(service):
    api = service.client.get("/api/v1/openapi.json").json()
    assert set(api["paths"]) >= {
        f"/api/v1/{path}"
        for path in (
            "recognitions", "productions", "phrases", "lexicon", "lexicon/search", "lexicon/export", "lexicon/import",
            "lexicon/{id}", "lexicon/{id}/pose", "lexicon/{id}/picture.png", "work/{name}", "models", "samples",
            "samples/{gloss}.mp4", "health", "ready", "asl/recognitions", "asl/hand-pose",
        )
    }  # fmt: skip
    post = api["paths"]["/api/v1/recognitions"]["post"]
    assert set(post["responses"]) == {"200", "400", "403", "408", "409", "413", "415", "422", "429", "503"}
    assert set(post["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]) == {
        "file", "mirrored", "top", "landmarks", "lexicon", "answer"
    }  # fmt: skip
    for path, routes in api["paths"].items():
        for verb, route in routes.items():
            for status, answer in route["responses"].items():
                if int(status) < 400:
                    continue
                example = answer["content"]["application/json"]["example"]
                assert example["code"], (path, verb, status)
                assert example["detail"], (path, verb, status)


def test_examples_of_bodies_are_taken(service):
    """What the OpenAPI page shows as a body is read without a complaint about its form."""
    api = service.client.get("/api/v1/openapi.json").json()
    sent = 0
    for path, routes in api["paths"].items():
        body = routes.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        examples = [body["example"]] if "example" in body else []
        examples += [one["value"] for one in body.get("examples", {}).values()]
        for example in examples:
            answer = service.client.post(path, json=example)
            assert answer.status_code in (200, 201, 422), (path, answer.text)
            assert answer.json().get("code") in (None, "landmarks_missing", "no_sign"), (path, answer.text)
            sent += 1
    assert sent >= 5
