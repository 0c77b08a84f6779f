// The scrolling element that holds the messages.
import { element } from "./dom.js";

export const log = element("div", "log");

// Calls update, and keeps the newest message in view if it was before, or always.
export function keepAtEnd(update, always) {
  const atEnd = always || log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  update();
  if (atEnd) log.scrollTop = log.scrollHeight;
}
