"""The official Python SDK doing the benchmark's work: server.py http PORT TOOLS, or server.py stdio TOOLS."""

import sys

from mcp.server.mcpserver import Context, Image, MCPServer

server = MCPServer("bench")
PICTURE = Image(data=b"\x89PNG\r\n\x1a\n" + bytes(1024 * 1024), format="png")


@server.tool(structured_output=False)
def echo(text: str) -> str:
    """Returns its argument."""
    return text


@server.tool(structured_output=False)
async def count(ctx: Context) -> str:
    """Reports progress once, and ends."""
    await ctx.report_progress(1, 2)
    return "counted"


@server.tool(structured_output=False)
def picture() -> Image:
    """A picture of one MiB."""
    return PICTURE


def more(number):
    def tool(text: str, limit: int = 10, tags: list[str] | None = None) -> str:
        return text

    description = f"One of many tools, so that a list is long: number {number}."
    server.add_tool(tool, name=f"tool_{number:02}", description=description, structured_output=False)


mode, *rest = sys.argv[1:]
for number in range(3, int(rest[-1])):
    more(number)
if mode == "stdio":
    server.run("stdio")
else:
    import uvicorn

    app = server.streamable_http_app(json_response=True, stateless_http=True)
    uvicorn.run(app, host="127.0.0.1", port=int(rest[0]), log_level="warning", access_log=False)
