// English texts of parts that are loaded when they are used.
export default {
  leave: "Leave your e-mail address, and we will write to you.", address: "Your e-mail address", about: "What is it about?", begin: "Start chat",
  required: "Please fill this in.", choose: "Please choose", shot: "Send a picture of this page",
  shot_ask: "This picture of the page will be sent. What is in form fields is hidden.", shot_no: "No picture can be taken here. Please send a file.",
  next: "You are next in line.", place: "You are number {n} in line.", wait: "It takes about {time}.", nobody: "Nobody is here just now.", back: "We are back {day}.",
  left: "Thank you. We will write to you.", mailed: "It is on its way.",
  end: "End conversation", end_sure: "End this conversation?", save: "Save as text", mail: "Send by e-mail", privacy: "Privacy", dismiss: "Not now",
  rate: "How was this conversation?", star: "{n} of 5", good: "Good", bad: "Not good",
  comment: "Would you like to say more?", rate_send: "Send rating", thanks: "Thank you!", change: "Change",
  count: "{n} of {most} characters", too_long: "The text is too long: {n} of {most} characters. Please shorten it.", attach_too: "Attach the picture too",
  large: "“{name}” is larger than {size}.", cancel: "Cancel", retry: "Try again", failed: "Not sent",
};
