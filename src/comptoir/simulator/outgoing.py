"""The agent's three calls to the cloud (spec/eventbus.md §1.0-1.3)."""

import io
from dataclasses import dataclass

import aiohttp
from yarl import URL

from comptoir.simulator.defects import Mischief
from comptoir.simulator.profile import MODULE_VERSION
from comptoir.simulator.wire import Record, lines, multipart
from comptoir.simulator.world import World

JOB_SECONDS = 3
UPLOAD_SECONDS = 28
"""The common max_execution_time of 30, less two."""
LARGE = 1 << 20
"""Bodies over it are announced with `Expect: 100-continue`."""

FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: nobody answered in time."""

    status: int
    body: str = ""


@dataclass(slots=True)
class Outgoing:
    world: World
    mischief: Mischief

    async def job(self, job_id: str, token: str) -> bool:
        """§1.1: only 201 is a yes. The id is not URL-encoded."""
        answer = await self._call(
            "GET", f"{self.world.cloud.sync_api_url}/job/{job_id}", token, JOB_SECONDS
        )
        return answer.status == 201

    def upload_url(self, job_id: str) -> str:
        return f"{self.world.cloud.proxy_api_url}/upload/{job_id}"

    async def upload(self, job_id: str, token: str, records: list[Record], *, full: bool) -> Answer:
        """§1.2: one multipart body of NDJSON."""
        boundary = "------------------------" + f"{self.mischief.rng.getrandbits(88):022x}"
        body = multipart(lines(records), boundary)
        if self.mischief.every("truncated-upload", 5):
            body = body[: len(body) * 9 // 10]
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Full-Sync-Requested": "1" if full else "0",
        }
        self.world.counters.uploads += 1
        self.world.counters.records += len(records)
        self.world.counters.bytes += len(body)
        return await self._call(
            "POST", self.upload_url(job_id), token, UPLOAD_SECONDS, headers, body
        )

    async def hint(self, shop_id: str, token: str, content: str, action: str) -> None:
        """§1.3: the answer is ignored."""
        self.world.counters.hints += 1
        body = f'{{"shopContents":["{content.replace("_", "-")}"],"action":"{action}"}}'
        headers = {"Content-Type": "application/json"}
        url = f"{self.world.cloud.live_sync_api_url}/notify/{shop_id}"
        await self._call("POST", url, token, self.world.hint_seconds, headers, body.encode())

    async def _call(
        self,
        method: str,
        url: str,
        token: str,
        seconds: float,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        common = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "User-Agent": f"ps-eventbus/{MODULE_VERSION}",
        }
        try:
            async with self.world.session.request(
                method,
                URL(url, encoded=True),
                headers=common | (headers or {}),
                data=None if body is None else io.BytesIO(body),
                expect100=body is not None and len(body) > LARGE,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, connect=10),
            ) as answer:
                return Answer(answer.status, await answer.text(errors="replace"))
        except FAILURES:
            return Answer(0)
