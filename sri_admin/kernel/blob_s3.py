"""Files in a store that speaks S3; needs the extra "s3"."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sri_admin.kernel.blob_store import DIGEST, PIECE, Blob, BlobMissingError, StoreUnreachableError
from sri_admin.kernel.settings import BlobSettings

_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_PATIENCE: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    s3={"addressing_style": "path"},  # stores of one's own have no address for each bucket
)


class S3Store:
    """A store in a bucket; a put is whole or not there, and carries its SHA-256 for the store to compare."""

    def __init__(self, settings: BlobSettings) -> None:
        self._bucket, self._prefix = settings.s3_bucket, settings.s3_prefix
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            config=_PATIENCE,
        )

    def take(self, path: Path, blob: Blob) -> None:
        """Send a whole file, and remove it here once the store has it."""
        checksum = base64.b64encode(bytes.fromhex(blob.sha256)).decode()
        with path.open("rb") as file, _reaching():
            self._client.put_object(**self._named(blob.sha256), Body=file, ChecksumSHA256=checksum)
        path.unlink()

    def size(self, sha256: str) -> int | None:
        """Return how large a content is, None if it is not here."""
        try:
            with _reaching():
                return int(self._client.head_object(**self._named(sha256))["ContentLength"])
        except BlobMissingError:
            return None

    def read(self, sha256: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` to before `stop` in pieces; BlobMissingError before the first one."""
        last = "" if stop is None else str(stop - 1)
        asked = {"Range": f"bytes={start}-{last}"} if start or last else {}
        with _reaching():
            body = self._client.get_object(**self._named(sha256), **asked)["Body"]
            yield from body.iter_chunks(PIECE)

    def remove(self, sha256: str) -> None:
        """Forget a content; none there is no error."""
        with _reaching():
            self._client.delete_object(**self._named(sha256))

    def manifest(self) -> Iterator[Blob]:
        """Give everything that is here, in the order of the digests."""
        with _reaching():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for each in (found for page in pages for found in page.get("Contents", ())):
                name = each["Key"].rpartition("/")[2]
                if DIGEST.fullmatch(name) and each["Key"] == self._key(name):
                    yield Blob(name, int(each["Size"]), each["LastModified"])

    def _named(self, sha256: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._key(sha256)}

    def _key(self, sha256: str) -> str:
        return f"{self._prefix}{sha256[:2]}/{sha256}"


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code")) in _ABSENT:
            raise BlobMissingError from None
        raise StoreUnreachableError from error
    except BotoCoreError as error:
        raise StoreUnreachableError from error
