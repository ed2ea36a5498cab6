"""A real S3 server as a process of its own on loopback."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import requests

from sri_admin.kernel.settings import BlobSettings

ACCESS, SECRET, BUCKET = "sri-test", "made-up-for-tests", "sri-files"
_SECONDS = 30


@contextmanager
def server() -> Iterator[str]:
    """Run the server for the block and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def settings(url: str, *, prefix: str = "") -> BlobSettings:
    """Return settings for a bucket of the server, made if it is not there."""
    _client(url).create_bucket(Bucket=BUCKET)
    return BlobSettings(
        store="s3", s3_endpoint=url, s3_bucket=BUCKET, s3_prefix=prefix, s3_access_key=ACCESS, s3_secret_key=SECRET
    )


def spoil(url: str, key: str, content: bytes) -> None:
    """Put another content in the place of a file."""
    _client(url).put_object(Bucket=BUCKET, Key=key, Body=content)


def _client(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=ACCESS, aws_secret_access_key=SECRET
    )


def _await(url: str) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            requests.get(url, timeout=_SECONDS)  # the first answer takes it a while
        except requests.exceptions.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
