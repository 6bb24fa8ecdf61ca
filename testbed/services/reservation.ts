import { type Handler, messageOf } from "../request.ts";

const roomsPerHotel = 200;
const keptSeconds = 3_600;

/** Books a room while there are any. */
const makeReservation: Handler = async ({ body }, { telemetry: { log }, store, bug }) => {
  log("INFO", "availability wanted");
  const key = `booked:${String(body.hotel)}:${String(body.date)}`;
  let booked = 0;
  for (let round = 0; round < bug.repeats(); round++) {
    booked = Number((await store("reservation-store", "GET", key)) ?? 0);
  }
  bug.breaks();
  if (booked >= roomsPerHotel || bug.wrongValue()) {
    log("WARN", "the hotel is sold out");
    log("INFO", "reservation done");
    return { reserved: false };
  }
  try {
    await store("reservation-store", "SET", key, booked + 1, "EX", keptSeconds);
  } catch (error) {
    log("ERROR", `a reservation could not be kept: ${messageOf(error)}`);
    throw error;
  }
  log("INFO", "reservation done");
  return { reserved: true };
};

export const reservation = { "make-reservation": makeReservation };
