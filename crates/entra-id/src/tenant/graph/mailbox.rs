//! The mail that everybody has received, except for what they have sent. All made up.

/// A message.
pub(super) struct Message {
    pub(super) from: &'static str,
    pub(super) received: &'static str,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) is_read: bool,
    pub(super) is_urgent: bool,
}

const fn message(
    from: &'static str,
    received: &'static str,
    subject: &'static str,
    text: &'static str,
    is_read: bool,
    is_urgent: bool,
) -> Message {
    Message { from, received, subject, text, is_read, is_urgent }
}

/// Newest first.
pub(super) static MESSAGES: [Message; 13] = [
    message(
        "grace@meadow.example",
        "2026-05-29T07:40:00Z",
        "Bridge closed from noon",
        "The mill bridge is closed from noon until the welders are done. Take the ford, and not the ford after rain.",
        false,
        true,
    ),
    message(
        "ben@meadow.example",
        "2026-05-28T15:12:00Z",
        "Levels of the east bank",
        "Measured twice: the east bank has gone down by four centimetres since March. The figures are in the folder.",
        false,
        false,
    ),
    message(
        "fay@meadow.example",
        "2026-05-28T09:03:00Z",
        "Quotes for timber",
        "Three quotes for larch are in. The cheapest wants to be paid in advance, so I would take the second.",
        true,
        false,
    ),
    message(
        "hana@meadow.example",
        "2026-05-27T16:55:00Z",
        "Core samples",
        "Clay down to six metres, gravel below. The piles can be shorter than planned.",
        true,
        false,
    ),
    message(
        "gus@meadow.example",
        "2026-05-27T06:30:00Z",
        "Two people short on Monday",
        "I am two people short on Monday. Whoever can hold a spirit level is welcome at seven.",
        false,
        false,
    ),
    message(
        "mia@meadow.example",
        "2026-05-26T11:20:00Z",
        "Receipts of April",
        "Please hand in the receipts of April by Friday. Photographs are fine if the sum can be read.",
        true,
        false,
    ),
    message(
        "dora@meadow.example",
        "2026-05-25T13:47:00Z",
        "Railing is ready",
        "The railing of the footbridge is ready and wants to be fetched. It needs four people or one crane.",
        true,
        false,
    ),
    message(
        "otto@meadow.example",
        "2026-05-22T10:00:00Z",
        "Audit in June",
        "The audit begins on the eighth of June. I shall ask for the safety logs of the winter first.",
        false,
        false,
    ),
    message(
        "cleo@meadow.example",
        "2026-05-21T17:31:00Z",
        "New drawings, revision F",
        "Revision F moves the second pier by half a metre. Throw revision E away before somebody builds it.",
        true,
        true,
    ),
    message(
        "emil@meadow.example",
        "2026-05-20T05:58:00Z",
        "Lorry in the workshop",
        "The green lorry stays in the workshop until Thursday. The red one has to do, without heating.",
        true,
        false,
    ),
    message(
        "ivan@meadow.example",
        "2026-05-19T14:14:00Z",
        "Plans of the old mill",
        "Found the plans of the old mill from 1911 in a drawer that nobody had opened. They are scanned now.",
        true,
        false,
    ),
    message(
        "noor@meadow.example",
        "2026-05-18T08:25:00Z",
        "First week",
        "Thank you all for the warm welcome. I know now where the coffee is and how the safe is not opened.",
        true,
        false,
    ),
    message(
        "ada@meadow.example",
        "2026-05-15T12:00:00Z",
        "Load test on Saturday",
        "Forty sacks of sand and a day without wind: the load test is on Saturday. Spectators stay behind the fence.",
        true,
        false,
    ),
];
