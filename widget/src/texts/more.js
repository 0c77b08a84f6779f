// English texts of parts that are loaded when they are used.
export default {
  leave: "Leave your email address, and we will write to you.", address: "Your email address", about: "What is this about?", begin: "Start chat",
  required: "Please fill in this field.", choose: "Choose one", shot: "Send a screenshot of this page",
  shot_ask: "This screenshot will be sent. The content of form fields is hidden.", shot_no: "Screenshots are not possible here. Please send a file.",
  next: "You are next in the queue.", place: "You are number {n} in the queue.", wait: "The wait is about {time}.", nobody: "Nobody is available right now.", back: "We are back {day}.",
  left: "Thank you. We will write to you.", mailed: "The email is on its way.",
  end: "End conversation", end_sure: "End this conversation?", save: "Save as text", mail: "Send by email", privacy: "Privacy", dismiss: "Not now",
  rate: "How was this conversation?", star: "{n} of 5", good: "Good", bad: "Bad",
  comment: "Would you like to say more?", rate_send: "Send rating", thanks: "Thank you!", change: "Change",
  count: "{n} of {most} characters", too_long: "The text is too long: {n} of {most} characters. Please shorten it.", attach_too: "Attach the picture too",
  large: "“{name}” is larger than {size}.", cancel: "Cancel", retry: "Try again", failed: "Not sent",
};
