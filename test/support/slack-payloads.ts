/** What Slack sends, as it looked when it was sent, with scrubbed ids. */

export const botUser = "UBOT";
/** 2026-11-24T17:50:54Z. */
export const ts = "1795542654.000100";
export const at = 1_795_542_654_000;

/** An event as Slack wraps it. */
export function envelope(event: object, changes: object = {}): object {
  return {
    token: "scrubbed",
    type: "event_callback",
    team_id: "T000000001",
    api_app_id: "A1",
    event_id: "Ev1",
    event_time: 1_795_542_654,
    event_context: "4-scrubbed",
    authorizations: [
      {
        enterprise_id: null,
        team_id: "T000000001",
        user_id: botUser,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event,
    ...changes,
  };
}

export function mention(changes: object = {}): object {
  const event = {
    client_msg_id: "7c1",
    type: "app_mention",
    user: "U1",
    text: `<@${botUser}> what broke in geo`,
    ts,
    event_ts: ts,
    team: "T000000001",
    channel: "C1",
    blocks: [{ type: "rich_text", block_id: "b", elements: [] }],
  };
  return envelope({ ...event, ...changes });
}

export function direct(changes: object = {}): object {
  const event = {
    client_msg_id: "7c2",
    type: "message",
    user: "U1",
    text: "what broke",
    ts,
    event_ts: ts,
    team: "T000000001",
    channel: "D1",
    channel_type: "im",
  };
  return envelope({ ...event, ...changes });
}

/** A slash command's fields. */
export function command(text: string, changes: Readonly<Record<string, string>> = {}) {
  return {
    token: "scrubbed",
    team_id: "T000000001",
    team_domain: "hotel",
    channel_id: "C1",
    channel_name: "incidents",
    user_id: "U1",
    user_name: "ana",
    command: "/localexpert",
    text,
    api_app_id: "A1",
    is_enterprise_install: "false",
    response_url: "https://hooks.slack.example/commands/1",
    trigger_id: "13345224609.738474920.8088930838d88f008e0",
    ...changes,
  };
}

/** A pressed button. */
export function press(value: unknown, changes: object = {}): object {
  return {
    type: "block_actions",
    user: { id: "U1", username: "ana", name: "ana", team_id: "T000000001" },
    api_app_id: "A1",
    token: "scrubbed",
    container: { type: "message", message_ts: "1795542660.000200", channel_id: "C1", is_ephemeral: false },
    trigger_id: "13345224609.738474920.press",
    team: { id: "T000000001", domain: "hotel" },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: "C1", name: "incidents" },
    message: { user: botUser, type: "message", ts: "1795542660.000200", bot_id: "B1", thread_ts: ts },
    response_url: "https://hooks.slack.example/actions/1",
    actions: [
      {
        action_id: "press-0",
        block_id: "b1",
        text: { type: "plain_text", text: "Why?", emoji: false },
        value: typeof value === "string" ? value : JSON.stringify(value),
        type: "button",
        action_ts: "1795542670.000300",
      },
    ],
    ...changes,
  };
}

/** The shortcut "Diagnose this" on an alert. */
export function diagnoseThis(message: object): object {
  return {
    type: "message_action",
    token: "scrubbed",
    action_ts: "1795542680.000400",
    team: { id: "T000000001", domain: "hotel" },
    user: { id: "U1", username: "ana", team_id: "T000000001", name: "ana" },
    channel: { id: "C1", name: "incidents" },
    is_enterprise_install: false,
    enterprise: null,
    callback_id: "diagnose_this",
    trigger_id: "13345224609.738474920.shortcut",
    response_url: "https://hooks.slack.example/app/1",
    message_ts: ts,
    message: { type: "message", subtype: "bot_message", bot_id: "B2", ts, text: "", ...message },
  };
}

/** A filled-in modal. */
export function submission(metadata: unknown, filled: { suspect?: string; service?: string }): object {
  return {
    type: "view_submission",
    team: { id: "T000000001", domain: "hotel" },
    user: { id: "U1", username: "ana", name: "ana", team_id: "T000000001" },
    api_app_id: "A1",
    token: "scrubbed",
    trigger_id: "13345224609.738474920.view",
    view: {
      id: "V1",
      team_id: "T000000001",
      type: "modal",
      private_metadata: typeof metadata === "string" ? metadata : JSON.stringify(metadata),
      callback_id: "correct",
      state: {
        values: {
          suspect: {
            suspect: {
              type: "static_select",
              selected_option:
                filled.suspect === undefined
                  ? null
                  : { text: { type: "plain_text", text: filled.suspect }, value: filled.suspect },
            },
          },
          service: { service: { type: "plain_text_input", value: filled.service ?? null } },
        },
      },
      hash: "1795542690.x",
      root_view_id: "V1",
      app_id: "A1",
      bot_id: "B1",
    },
    response_urls: [],
    is_enterprise_install: false,
    enterprise: null,
  };
}
