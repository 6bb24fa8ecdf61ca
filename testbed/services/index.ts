import type { ServiceName } from "../hotel.ts";
import type { Handler } from "../request.ts";
import { frontend } from "./frontend.ts";
import { geo } from "./geo.ts";
import { profile } from "./profile.ts";
import { rate } from "./rate.ts";
import { recommendation } from "./recommendation.ts";
import { reservation } from "./reservation.ts";
import { search } from "./search.ts";
import { user } from "./user.ts";

/** What each service answers, by the method's name. */
export const handlersOf: Readonly<Record<ServiceName, Readonly<Record<string, Handler>>>> = {
  frontend,
  search,
  geo,
  rate,
  profile,
  recommendation,
  reservation,
  user,
};
