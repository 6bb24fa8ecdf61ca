/** Activities as Teams sends them, scrubbed; ids are made up. */

export const tenant = "11111111-2222-3333-4444-555555555555";
export const botId = "28:66666666-7777-8888-9999-000000000000";
export const personId = "99999999-aaaa-bbbb-cccc-dddddddddddd";
const personal = "a:1personal-chat";
const channel = "19:channel0001@thread.tacv2";

type Fields = Readonly<Record<string, unknown>>;

function base(serviceUrl: string, changes: Fields): Record<string, unknown> {
  return {
    type: "message",
    id: "1763990000001",
    timestamp: "2026-11-23T15:20:30.500Z",
    localTimezone: "Europe/Berlin",
    channelId: "msteams",
    serviceUrl,
    from: { id: "29:anna", name: "Anna", aadObjectId: personId },
    recipient: { id: botId, name: "LocaleXpert" },
    entities: [
      { type: "clientInfo", locale: "en-GB", country: "GB", platform: "Web", timezone: "Europe/Berlin" },
    ],
    ...changes,
  };
}

export function personalMessage(serviceUrl: string, text: string, changes: Fields = {}) {
  return base(serviceUrl, {
    text,
    textFormat: "plain",
    conversation: { id: personal, conversationType: "personal", tenantId: tenant },
    channelData: { tenant: { id: tenant } },
    ...changes,
  });
}

export function groupMessage(serviceUrl: string, text: string, changes: Fields = {}) {
  return base(serviceUrl, {
    text: `<at>LocaleXpert</at> ${text}`,
    conversation: {
      id: "19:group0001@thread.v2",
      conversationType: "groupChat",
      isGroup: true,
      tenantId: tenant,
    },
    entities: [mention],
    channelData: { tenant: { id: tenant } },
    ...changes,
  });
}

export function channelMessage(serviceUrl: string, text: string, changes: Fields = {}) {
  return base(serviceUrl, {
    text: `<at>LocaleXpert</at>&nbsp;${text}\n`,
    conversation: {
      id: `${channel};messageid=1763980000000`,
      conversationType: "channel",
      isGroup: true,
      tenantId: tenant,
    },
    entities: [mention],
    channelData: {
      tenant: { id: tenant },
      team: { id: "19:team0001@thread.tacv2", name: "Hotel" },
      channel: { id: channel },
    },
    ...changes,
  });
}

const mention = {
  type: "mention",
  text: "<at>LocaleXpert</at>",
  mentioned: { id: botId, name: "LocaleXpert" },
};

export const elsewhere = { personal, channel };
