// English texts of the panel; more.js has those of parts that are loaded later. Other languages have all in one file. {names} are filled in.
export default {
  open: "Open chat", close: "Close chat", unread: "{n} new", news: "New message", write: "Write a message", send: "Send",
  again: "New conversation", gone: "The chat is not available on this page.", connecting: "Connecting…",
  offline: "No connection. Your messages are sent once it is back.", waiting: "You are in the queue. We will be with you soon.",
  sending: "Sending…", sent: "Sent", read: "Read", here: "{name} is here for you", joined: "{name} has joined", typing: "{name} is typing…",
  edited: "edited", erased: "This message was deleted",
  returned: "A teammate will take over in a moment", ended: "The conversation has ended", you_ended: "You have ended the conversation",
  lapsed: "Ended due to inactivity", silent: "Are you still there? Otherwise the conversation ends soon.",
  attach: "Send a file", drop: "Drop files here", more: "More",
};
