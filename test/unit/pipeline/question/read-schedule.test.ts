import { describe, expect, it } from "vitest";
import { readSchedule } from "../../../../pipeline/question/read-schedule.ts";

const zone = "Europe/Berlin";

describe("what is said about schedules", () => {
  it.each([
    ["schedule weekdays 9:00 Europe/Berlin for geo, rate", "0 9 * * 1,2,3,4,5", "Europe/Berlin", "geo, rate"],
    ["schedule weekdays at 9:00 for geo", "0 9 * * 1,2,3,4,5", zone, "geo"],
    ["Schedule every day at 18:30", "30 18 * * *", zone, ""],
    ["schedule daily 7am America/New_York for everything", "0 7 * * *", "America/New_York", ""],
    ["schedule mondays and thursdays 8 pm for payments", "0 20 * * 1,4", zone, "payments"],
    ["schedule mon-fri 17.45", "45 17 * * 1,2,3,4,5", zone, ""],
    ["schedule a summary on Sunday, at noon UTC", "0 12 * * 0", "UTC", ""],
    ["schedule weekends midnight", "0 0 * * 6,0", zone, ""],
    ["schedule hourly for geo", "0 * * * *", zone, "geo"],
    ["schedule every 4 hours", "0 */4 * * *", zone, ""],
    ["schedule 30 6 * * 1 for geo", "30 6 * * 1", zone, "geo"],
    ["schedule fri-mon 12am", "0 0 * * 1,5,6,0", zone, ""],
  ])("understands %j", (text, cron, timeZone, services) => {
    expect(readSchedule(text, zone)).toMatchObject({ kind: "add", time: { cron, timeZone }, services });
  });

  it.each([
    ["schedule weekdays 9:00", "weekdays at 09:00"],
    ["schedule mondays, wednesdays and fridays 8:05", "Mondays, Wednesdays and Fridays at 08:05"],
    ["schedule sat sun 10am", "weekends at 10:00"],
    ["schedule every day 9:00", "every day at 09:00"],
    ["schedule every hour", "every hour"],
  ])("says %j in words", (text, words) => {
    expect(readSchedule(text, zone)).toMatchObject({ time: { words } });
  });

  it.each([
    ["schedules", { kind: "list" }],
    ["schedule", { kind: "list" }],
    ["list the schedules", { kind: "list" }],
    ["schedule list", { kind: "list" }],
    ["pause s3", { kind: "pause", id: "s3" }],
    ["resume schedule S3", { kind: "resume", id: "s3" }],
    ["schedule delete s12", { kind: "delete", id: "s12" }],
    ["run s3", { kind: "run", id: "s3" }],
    ["change s3 to weekdays 10:00", { kind: "change", id: "s3", services: null }],
    ["change s3 weekdays 10:00 for rate", { kind: "change", id: "s3", services: "rate" }],
  ])("understands %j", (text, command) => {
    expect(readSchedule(text, zone)).toMatchObject(command);
  });

  it.each([
    "schedule weekdays",
    "schedule 9",
    "schedule tomorrow 9:00",
    "schedule 25:00",
    "schedule weekdays 13pm",
    "schedule 9:00 10:00",
    "change s3",
  ])("refuses %j with an example", (text) => {
    expect(() => readSchedule(text, zone)).toThrow(/schedule weekdays 9:00/);
  });

  it("refuses hours that do not come at the same time every day", () => {
    expect(() => readSchedule("schedule every 5 hours", zone)).toThrow("no whole part of a day");
  });

  it.each([
    "what broke in geo in the last hour",
    "stop",
    "why is the schedule service slow",
    "delete the logs",
  ])("leaves %j alone", (text) => {
    expect(readSchedule(text, zone)).toBeNull();
  });
});
