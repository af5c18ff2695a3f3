// What each feature of the reference server has to look like, whichever client has used it. A client tells what it saw
// in the same shape; where it cannot tell a part, the part is null, and its script says `not offered` with a reason.
//
// An outcome is { result } or { error: { code, message, data } }; a client that hides codes leaves `code` out.

const INVALID_PARAMS = -32602;
const RESOURCE_NOT_FOUND = -32002; // what 2025-11-25 has for a missing resource
const INTERNAL_ERROR = -32603;
const MISSING_CAPABILITY = -32021;
const LOUD = ['error', 'critical', 'alert', 'emergency'];
const ANNOTATIONS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'];

const isLegacy = (leg) => leg.revision === '2025-11-25';
const short = (value) => JSON.stringify(value)?.slice(0, 300);
const kinds = (messages) => messages?.map((message) => (message.content ?? message).type).join(' ');
const textOf = (outcome) => outcome?.result?.content?.[0]?.text ?? '';

export const FEATURES = {
  'structured output'({ tools, table, strict }, expect) {
    for (const tool of tools) {
      expect(tool.title && tool.outputSchema?.type === 'object', `${tool.name} has no title, or no outputSchema`);
      expect(ANNOTATIONS.every((hint) => typeof tool.annotations?.[hint] === 'boolean'), `${tool.name} lacks annotations`);
    }
    expect(tools.length === 13, `${tools.length} tools: ${tools.map((tool) => tool.name)}`);
    const { columns, rows } = table.result?.structuredContent ?? {};
    const isTable = short(columns) === '["id","title"]' && short(rows) === '[[1,"Record 1"],[2,"Record 2"]]';
    expect(isTable && textOf(table), `query_database is answered with ${short(table)}`);
    if (strict != null) expect(strict === '', `the Inspector's --strict finds: ${strict}`);
  },

  'icons and links'({ server, tool, status }, expect) {
    expect(server.name === 'mcp-protocol-features' && server.title && server.icons?.length, `the server is ${short(server)}`);
    expect(tool.icons?.[0]?.src.startsWith('data:image/svg+xml'), `render_status has icons ${short(tool.icons)}`);
    const content = status.result?.content ?? [];
    expect(kinds(content) === 'text resource resource_link', `render_status has ${kinds(content)}`);
    expect(content[1]?.resource?.text?.startsWith('# Status'), `what is embedded is ${short(content[1])}`);
    expect(content[2]?.uri === 'status://server' && content[2]?.icons?.length, `the link is ${short(content[2])}`);
  },

  'resource templates'({ templates, read }, expect) {
    expect(templates.length === 6 && templates.every((template) => template.title && template.mimeType), `the templates are ${short(templates)}`);
    for (const [uri, outcome] of Object.entries(read)) {
      const [contents] = outcome.result?.contents ?? [];
      expect(contents?.uri === uri && contents.mimeType && contents.text?.length > 10, `${uri} is read as ${short(outcome)}`);
    }
    expect(Object.keys(read).length === 5, `${Object.keys(read).length} resources were read`);
  },

  paging({ sizes, distinct, forged }, expect) {
    expect(distinct === 251, `${distinct} resources`);
    if (sizes != null) expect(sizes.join() === '50,50,50,50,50,1', `pages of ${sizes}`);
    if (forged != null) fails(expect, 'a forged cursor', forged, INVALID_PARAMS, 'cursor');
  },

  completion({ table, id, without, prompt }, expect) {
    expect(table.join() === 'records', `tables with re: ${table}`);
    if (id != null) expect(id.length > 1 && id.every((value) => value.startsWith('1')), `ids with 1, of records: ${id}`);
    if (without != null) expect(!without.length, `ids of no table: ${without}`);
    expect(prompt.join() === 'month', `group_by with m: ${prompt}`);
  },

  prompts({ prompts, explained, compared, wrong }, expect) {
    expect(prompts.map((prompt) => prompt.name).join() === 'compare_cities,explain_sales', `the prompts are ${short(prompts)}`);
    expect(prompts.every((prompt) => prompt.title && prompt.arguments.length), 'a prompt has no title, or no arguments');
    expect(kinds(explained.result?.messages) === 'image text', `explain_sales is ${short(explained)}`);
    const image = explained.result?.messages[0].content;
    const png = Buffer.from(image?.data ?? '', 'base64').subarray(1, 4).toString();
    expect(png === 'PNG' && image.mimeType === 'image/png', `its image is ${short(image)}`);
    expect(kinds(compared.result?.messages) === 'resource resource text', `compare_cities is ${short(compared)}`);
    fails(expect, 'a wrong argument of a prompt', wrong, INVALID_PARAMS, 'product or month');
  },

  errors({ unknown, malformed, missing, panic, capability, resource, typed, argument, business, outage }, expect, leg) {
    const notFound = isLegacy(leg) ? RESOURCE_NOT_FOUND : INVALID_PARAMS;
    fails(expect, 'an unknown tool', unknown, INVALID_PARAMS, 'not found');
    fails(expect, 'a prompt without its argument', malformed, INVALID_PARAMS, 'group_by');
    fails(expect, 'a missing resource', missing, notFound, 'no such resource');
    if (missing.error?.data != null) expect(missing.error.data.uri === 'db://users/999', `a missing resource has the data ${short(missing.error.data)}`);
    fails(expect, 'a missing resource in a tool', resource, notFound, 'no such resource');
    fails(expect, 'a panic', panic, INTERNAL_ERROR, 'internal error');
    expect(!/booking/.test(short(panic)), `a panic tells its cause: ${short(panic)}`);
    fails(expect, 'a missing capability', capability, MISSING_CAPABILITY, 'capability');
    for (const [name, outcome, says] of [
      ['an argument of another type', typed, /expected u32/],
      ['a bad argument', argument, /must be from 1 to 1000/],
      ['a failure for good', business, /retryable: false/],
      ['a failure for now', outage, /retryable: true/],
    ]) {
      expect(outcome.result?.isError === true && says.test(textOf(outcome)), `${name} is answered with ${short(outcome)}`);
    }
    expect(business.result?._meta?.['mcp-samples/retryable'] === false, `its _meta is ${short(business.result?._meta)}`);
  },

  'log messages'({ unasked, asked, secret }, expect) {
    if (unasked != null) expect(!unasked.length, `heard without asking: ${unasked}`);
    expect(asked.join() === LOUD.join(), `heard from level error on: ${asked}`);
    expect(!/hunter2/.test(secret) && /ada/.test(secret), `debug_operation logs ${secret}`);
  },

  progress({ values, totals, result, late }, expect) {
    const increases = values.every((value, index) => index === 0 || value > values[index - 1]);
    expect(values.length >= 3 && increases, `progress is ${values}`);
    expect(totals.every((total) => total === 50) && values.at(-1) <= 50, `totals are ${totals}, the last value is ${values.at(-1)}`);
    expect(result.result?.structuredContent?.pages === 50 && !late, `${late} reports after the answer ${short(result)}`);
  },

  cancellation({ during, after, answer }, expect) {
    if (during != null) expect(during.open === 1 && during.abandoned === 0, `while it runs: ${short(during)}`);
    expect(after.open === 0 && after.abandoned === 1 && after.finished === 0, `after it was cancelled: ${short(after)}`);
    expect(answer == null, `it was answered all the same: ${short(answer)}`);
  },

  'form elicitation'({ declined, still, accepted, gone }, expect, leg) {
    for (const [round, action, deleted] of [[declined, 'decline', false], [accepted, 'accept', true]]) {
      const [question, ...others] = round.asked;
      const isForm = question?.message.startsWith('Delete record 1') && question.requestedSchema?.properties?.confirm?.type === 'boolean';
      expect(isForm && !others.length, `asked ${short(round.asked)}`);
      const { structuredContent } = round.outcome.result ?? {};
      expect(structuredContent?.action === action && structuredContent.deleted === deleted, `${action} is answered with ${short(round.outcome)}`);
    }
    expect(/Record 1/.test(still.result?.contents?.[0]?.text), `after decline: ${short(still)}`);
    fails(expect, 'a deleted record', gone, isLegacy(leg) ? RESOURCE_NOT_FOUND : INVALID_PARAMS, 'no such resource');
  },

  'URL elicitation'({ asked, page, outcome, again, refused }, expect) {
    const [question, ...others] = asked;
    expect(/^http:\/\/127\.0\.0\.1:\d+\/connect\/[0-9a-f]{32}$/.test(question?.url) && !others.length, `asked ${short(asked)}`);
    expect(page === '200 200', `the page and its form answer ${page}`);
    const { structuredContent } = outcome.result ?? {};
    expect(structuredContent?.connected === true && structuredContent.account === 'Ada', `approved is answered with ${short(outcome)}`);
    expect(again === 410, `a page that was used answers ${again}`);
    const { structuredContent: no } = refused.result ?? {};
    expect(no?.connected === false && no.account === null, `refused is answered with ${short(refused)}`);
  },

  'resource updates'({ heard, late }, expect) {
    expect(heard.join() === 'db://tables/records/rows/3', `heard of ${heard}`);
    expect(!late.length, `heard after the subscription was over: ${late}`);
  },

  'list changes'({ heard, on, off }, expect) {
    if (heard != null) expect(['prompts', 'resources', 'tools'].every((list) => heard.includes(list)), `heard of ${heard}`);
    expect(on.join() === 'roll_dice,plan_day,feature://tip', `there once switched on: ${on}`);
    if (off != null) expect(!off.length, `there once switched off: ${off}`);
  },

  tasks({ atOnce, created, asked, done, listed, cancelled, unknown }, expect, leg) {
    const { structuredContent } = done ?? {};
    if (isLegacy(leg)) {
      // Only for whoever asks for one, whatever extension is declared.
      expect(atOnce.result?.structuredContent?.rows === 1000, `a report at once is ${short(atOnce)}`);
      expect(listed.includes('completed') && (cancelled == null || listed.length === 2), `the tasks are ${listed}`);
    } else {
      expect(asked?.properties?.group_by?.oneOf?.length === 2, `asks in the middle ${short(asked)}`);
    }
    if (created != null) expect(created === 'working', `created as ${created}`);
    // The experimental tasks of 2025-11-25 ask no question.
    const groupBy = isLegacy(leg) ? 'product' : 'month';
    expect(structuredContent?.rows === 1000 && structuredContent.group_by === groupBy, `ends with ${short(done)}`);
    if (cancelled != null) expect(cancelled === 'cancelled', `a task that was cancelled is ${cancelled}`);
    if (unknown != null) fails(expect, 'an unknown task', unknown, INVALID_PARAMS, 'no such task');
  },
};

function fails(expect, what, outcome, code, message) {
  const { error } = outcome;
  const isRight = error && (error.code == null || error.code === code) && error.message.toLowerCase().includes(message.toLowerCase());
  expect(isRight, `${what} is answered with ${short(outcome)}, not with error ${code} ${message}`);
}
