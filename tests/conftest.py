from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real recordings beside the project; the test is skipped where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real recordings (../shared/data) are not here")
    return SHARED_DATA


@pytest.fixture
def write(tmp_path):
    """Puts bytes, or what has `encode()`, into a file and gives its path."""

    def put(content, name="test.edf"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put
