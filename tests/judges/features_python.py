"""The official Python client uses every feature on one leg: one JSON line for each, of what it saw.

Usage: features_python.py JOB, where JOB is the JSON that features.mjs writes. features_typescript.mjs is its twin.
"""

import contextlib
import json
import sys
import warnings
from typing import Any, Literal

import anyio
import httpx2
from pydantic import Field, ValidationError

from client_python import causes, plain
from mcp import Client, MCPError, StdioServerParameters, types
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.types import ElicitResult, PromptReference, Request, RequestParams, ResourceTemplateReference, Result

SECONDS = 20  # for a feature
MOMENT = 0.3  # in which nothing may come any more
ROW = "db://tables/records/rows/"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"
# What both ways of hearing of changes call them.
LISTS = {
    "ToolListChangedNotification": "tools",
    "PromptListChangedNotification": "prompts",
    "ResourceListChangedNotification": "resources",
    "ToolsListChanged": "tools",
    "PromptsListChanged": "prompts",
    "ResourcesListChanged": "resources",
}


class Task(Result):
    """What the Tasks extension answers a call with, and what tasks/get returns."""

    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")
    status: str


class Tasks(ClientExtension):
    """The extension by its name, and its result type: this client has no more of it."""

    identifier = "io.modelcontextprotocol/tasks"

    def claims(self):
        return [ResultClaim(result_type="task", model=Task, resolve=self.resolve)]

    async def resolve(self, task, context):
        raise NotImplementedError("the judge asks for the task itself")


class TaskParams(RequestParams):
    task_id: str = Field(alias="taskId")
    input_responses: dict[str, Any] | None = Field(alias="inputResponses", default=None)


class TaskRequest(Request[TaskParams, str]):
    name_param = "taskId"


class AnyResult(Result, extra="allow"):
    pass


class Judged:
    """One connection, what was heard on it, and the person in front of it."""

    def __init__(self, job):
        self.job = job
        self.is_legacy = job["revision"] == "2025-11-25"
        self.logs, self.updates, self.lists, self.asked = [], [], [], []
        self.answer = None
        target = job["url"] if job["transport"] == "http" else StdioServerParameters(command=job["path"], args=["stdio"])
        self.client = Client(
            target,
            mode="legacy" if self.is_legacy else "auto",
            read_timeout_seconds=SECONDS,
            elicitation_callback=self.person,
            logging_callback=self.log,
            message_handler=self.notification,
            extensions=[Tasks()],
        )

    async def person(self, context, params):
        self.asked.append(plain(params))
        return await self.answer(params)

    async def log(self, params):
        self.logs.append(plain(params))

    async def notification(self, message):
        name = type(message).__name__
        if name in LISTS:
            self.lists.append(LISTS[name])
        if name == "ResourceUpdatedNotification":
            self.updates.append(str(message.params.uri))

    async def call(self, name, arguments=None, **options):
        return await outcome(self.client.call_tool(name, arguments or {}, **options))

    async def ask(self, name, arguments, answer):
        """A call during which the person is asked."""
        self.asked, self.answer = [], answer
        result = await self.call(name, arguments)
        return {"asked": self.asked, "outcome": result}

    async def structured_output(self):
        tools = plain(await self.client.list_tools())["tools"]
        # The client knows the schema by now, and checks the structure against it.
        return {"tools": tools, "table": await self.call("query_database", {"sql": "SELECT id, title FROM records ORDER BY id LIMIT 2"})}

    async def icons_and_links(self):
        tools = plain(await self.client.list_tools())["tools"]
        tool = next(tool for tool in tools if tool["name"] == "render_status")
        return {"server": plain(self.client.server_info), "tool": tool, "status": await self.call("render_status")}

    async def resource_templates(self):
        templates = plain(await self.client.list_resource_templates())["resourceTemplates"]
        read = {uri: await outcome(self.client.read_resource(uri)) for uri in self.job["uris"]}
        return {"templates": templates, "read": read}

    async def paging(self):
        sizes, uris = [], set()
        page = await self.client.list_resources()
        first = page.next_cursor
        while True:
            sizes.append(len(page.resources))
            uris.update(str(resource.uri) for resource in page.resources)
            if not page.next_cursor:
                break
            page = await self.client.list_resources(cursor=page.next_cursor)
        return {"sizes": sizes, "distinct": len(uris), "forged": await outcome(self.client.list_resources(cursor=f"{first}x"))}

    async def completion(self):
        rows = ResourceTemplateReference(type="ref/resource", uri=f"{ROW.replace('records', '{table}')}{{id}}")
        prompt = PromptReference(type="ref/prompt", name="explain_sales")

        async def values(reference, name, value, context=None):
            result = await self.client.complete(reference, {"name": name, "value": value}, context)
            return result.completion.values

        return {
            "table": await values(rows, "table", "re"),
            "id": await values(rows, "id", "1", {"table": "records"}),
            "without": await values(rows, "id", "1"),
            "prompt": await values(prompt, "group_by", "m"),
        }

    async def prompts(self):
        def get(name, **arguments):
            return outcome(self.client.get_prompt(name, arguments))

        return {
            "prompts": plain(await self.client.list_prompts())["prompts"],
            "explained": await get("explain_sales", group_by="month"),
            "compared": await get("compare_cities", first="berlin", second="nairobi", date="2026-06-21"),
            "wrong": await get("explain_sales", group_by="week"),
        }

    async def errors(self):
        def simulate(kind):
            return self.call("safe_operation", {"input": f"simulate:{kind}"})

        return {
            "unknown": await self.call("no_such_tool"),
            "malformed": await outcome(self.client.get_prompt("explain_sales", {})),
            "missing": await outcome(self.client.read_resource("db://users/999")),
            "panic": await simulate("panic"),
            "capability": await simulate("capability"),
            "resource": await simulate("resource"),
            "typed": await self.call("long_running_search", {"query": "prime", "pages": "many"}),
            "argument": await self.call("long_running_search", {"query": "prime", "pages": 5000}),
            "business": await simulate("business"),
            "outage": await simulate("outage"),
        }

    async def log_messages(self):
        async def logged(level, name, arguments):
            self.logs.clear()
            options = {}
            if level and self.is_legacy:
                await self.client.set_logging_level(level)
            elif level:
                options["meta"] = {LOG_LEVEL: level}
            result = await self.client.call_tool(name, arguments, **options)
            await until(lambda: len(self.logs) >= result.structured_content["sent"])
            return list(self.logs)

        async def levels(level):
            return [message["level"] for message in await logged(level, "complex_operation", {"steps": 8})]

        unasked, asked = await levels(None), await levels("error")
        secret = await logged("debug", "debug_operation", {"data": {"user": "ada", "password": "hunter2"}})
        return {"unasked": unasked, "asked": asked, "secret": json.dumps(secret)}

    async def progress(self):
        reports = []

        async def report(progress, total, message):
            reports.append((progress, total))

        result = await self.call("long_running_search", {"query": "prime", "pages": 50}, progress_callback=report)
        await anyio.lowlevel.checkpoint()  # reports that came before the answer are told in this turn
        before = len(reports)
        await anyio.sleep(MOMENT)
        values, totals = [value for value, _ in reports], [total for _, total in reports]
        return {"values": values, "totals": totals, "result": result, "late": len(reports) - before}

    async def cancellation(self):
        finished = (await self.searches())["finished"]
        answers, moved = [], anyio.Event()

        async def report(*_):
            moved.set()

        async def search():
            answers.append(await self.call("long_running_search", {"query": "prime", "pages": 1000}, progress_callback=report))

        async with anyio.create_task_group() as group:
            group.start_soon(search)
            await moved.wait()
            during = await self.searches()
            group.cancel_scope.cancel()
        after = await self.searches(lambda counts: counts["open"] == 0)
        return {"during": during, "after": {**after, "finished": after["finished"] - finished}, "answer": answers[0] if answers else None}

    async def searches(self, fits=lambda counts: True):
        while True:
            counts = (await self.client.call_tool("render_status", {})).structured_content["searches"]
            if fits(counts):
                return counts
            await anyio.sleep(0.02)

    async def form_elicitation(self):
        def read():
            return outcome(self.client.read_resource(f"{ROW}1"))

        declined = await self.ask("confirm_delete", {"record_id": 1}, says("decline"))
        still = await read()
        accepted = await self.ask("confirm_delete", {"record_id": 1}, says("accept", confirm=True))
        return {"declined": declined, "still": still, "accepted": accepted, "gone": await read()}

    async def url_elicitation(self):
        statuses = []
        async with httpx2.AsyncClient(trust_env=False) as browser:

            async def approve(url):
                return (await browser.post(url, data={"decision": "approve", "name": "Ada"})).status_code

            async def visit(params):
                statuses.extend([(await browser.get(params.url)).status_code, await approve(params.url)])
                return ElicitResult(action="accept")

            seen = await self.ask("connect_account", {"provider": "notes"}, visit)
            again = await approve(seen["asked"][0]["url"])
        refused = await self.ask("connect_account", {"provider": "photos"}, says("decline"))
        return {**seen, "page": " ".join(map(str, statuses)), "again": again, "refused": refused["outcome"]}

    async def resource_updates(self):
        async def remove(record):
            await self.ask("confirm_delete", {"record_id": record}, says("accept", confirm=True))

        uris = [f"{ROW}3", f"{ROW}4"]
        if self.is_legacy:
            for uri in uris:
                await self.client.subscribe_resource(uri)
            await remove(3)
            await until(lambda: self.updates)
            heard = list(self.updates)
            for uri in uris:
                await self.client.unsubscribe_resource(uri)
        else:
            async with self.client.listen(resource_subscriptions=uris) as stream:
                await remove(3)
                heard = [str((await anext(stream)).uri)]
        await remove(4)
        await anyio.sleep(MOMENT)
        return {"heard": heard, "late": [uri for uri in self.updates if uri not in heard]}

    async def list_changes(self):
        if self.is_legacy:
            await self.switch(True)
            await until(lambda: len(set(self.lists)) == 3)
            heard = set(self.lists)
        else:
            lists = dict.fromkeys(["tools_list_changed", "prompts_list_changed", "resources_list_changed"], True)
            async with self.client.listen(**lists) as stream:
                await self.switch(True)
                heard = {LISTS[type(await anext(stream)).__name__] for _ in range(3)}
        on = await self.there()
        await self.switch(False)
        return {"heard": sorted(heard), "on": on, "off": await self.there()}

    async def switch(self, enabled):
        for name in ["dice", "plan_day", "tip"]:
            await self.client.call_tool("set_feature", {"name": name, "enabled": enabled})

    async def there(self):
        """What set_feature switches, where it is in the lists."""
        names = [tool.name for tool in (await self.client.list_tools()).tools]
        names += [prompt.name for prompt in (await self.client.list_prompts()).prompts]
        cursor = None
        while True:
            page = await self.client.list_resources(cursor=cursor)
            names += [str(resource.uri) for resource in page.resources]
            if not (cursor := page.next_cursor):
                return [name for name in names if name in ("roll_dice", "plan_day", "feature://tip")]

    async def tasks(self):
        order = {"rows": 1000, "seconds": 1}
        if self.is_legacy:
            return {"atOnce": await self.call("run_report", order), **await self.experimental_tasks(order)}

        async def create(order):
            return await self.client.session.call_tool("run_report", order, allow_claimed=True)

        async def request(method, task_id, **params):
            request = TaskRequest(method=f"tasks/{method}", params=TaskParams(taskId=task_id, **params))
            return plain(await self.client.session.send_request(request, AnyResult))

        async def reach(task_id, status):
            while (task := await request("get", task_id))["status"] != status:
                await anyio.sleep(0.05)
            return task

        task = await create(order)
        asking = await reach(task.task_id, "input_required")
        answer = {"action": "accept", "content": {"group_by": "month"}}
        await request("update", task.task_id, inputResponses={"grouping": answer})
        done = await reach(task.task_id, "completed")
        other = await create({"rows": 1000, "seconds": 60})
        await request("cancel", other.task_id)
        return {
            "created": task.status,
            "asked": asking["inputRequests"]["grouping"]["params"]["requestedSchema"],
            "done": done["result"],
            "cancelled": (await request("get", other.task_id))["status"],
            "unknown": await outcome(request("get", "none")),
        }

    async def experimental_tasks(self, order):
        """The tasks of 2025-11-25: the client has their types, and no methods for them."""
        send = self.client.session.send_request

        async def listed():
            return (await send(types.ListTasksRequest(), types.ListTasksResult)).tasks

        async def create(order):
            params = types.CallToolRequestParams(name="run_report", arguments=order, task=types.TaskMetadata(ttl=60_000))
            with contextlib.suppress(ValidationError):  # it expects the tool's result, and nothing else
                await send(types.CallToolRequest(params=params), types.CreateTaskResult)
            return next(task for task in await listed() if task.status == "working")

        def get(task_id):
            return send(types.GetTaskRequest(params=types.GetTaskRequestParams(task_id=task_id)), types.GetTaskResult)

        task = await create(order)
        result = types.GetTaskPayloadRequest(params=types.GetTaskPayloadRequestParams(task_id=task.task_id))
        done = await send(result, types.CallToolResult)
        other = await create({"rows": 1000, "seconds": 60})
        await send(types.CancelTaskRequest(params=types.CancelTaskRequestParams(task_id=other.task_id)), types.CancelTaskResult)
        return {
            "created": task.status,
            "done": plain(done),
            "listed": [task.status for task in await listed()],
            "cancelled": (await get(other.task_id)).status,
            "unknown": await outcome(get("none")),
            "notOffered": ["the handle of a task of 2025-11-25, which it takes for a broken result (tasks/list has it)"],
        }


FEATURES = {
    "structured output": Judged.structured_output,
    "icons and links": Judged.icons_and_links,
    "resource templates": Judged.resource_templates,
    "paging": Judged.paging,
    "completion": Judged.completion,
    "prompts": Judged.prompts,
    "errors": Judged.errors,
    "log messages": Judged.log_messages,
    "progress": Judged.progress,
    "cancellation": Judged.cancellation,
    "form elicitation": Judged.form_elicitation,
    "URL elicitation": Judged.url_elicitation,
    "resource updates": Judged.resource_updates,
    "list changes": Judged.list_changes,
    "tasks": Judged.tasks,
}


def says(action, **content):
    async def answer(params):
        return ElicitResult(action=action, content=content or None)

    return answer


async def outcome(call):
    """A result, or the error that the server answered with."""
    try:
        result = await call
        return {"result": result if isinstance(result, dict) else plain(result)}
    except MCPError as error:
        return {"error": {"code": error.code, "message": error.message, "data": error.data}}


async def until(fits):
    with anyio.fail_after(10):
        while not fits():
            await anyio.sleep(0.02)


async def main():
    judged = Judged(json.loads(sys.argv[1]))
    async with judged.client:
        for feature, use in FEATURES.items():
            try:
                with anyio.fail_after(SECONDS):
                    seen = {"seen": await use(judged)}
            except Exception as error:
                seen = {"broken": causes(error) or type(error).__name__}
            print(json.dumps({"feature": feature, **seen}), flush=True)


warnings.simplefilter("ignore")  # half of what is used here is deprecated in one revision
anyio.run(main)
