// What the visitor is asked beside the talk: what it is about, and where to write to.
const texts = {
  about: "What is it about?", leave: "Leave your e-mail address, and we will write to you.", address: "Your e-mail address", send: "Send",
};

// subjects is the choice where several groups answer for the website, named in the browser's language.
export function subjects(website, make, then) {
  const about = make("div", "subjects");
  let subject;
  about.setAttribute("role", "group");
  about.setAttribute("aria-label", texts.about);
  about.append(make("p", "", texts.about), ...(website.subjects || []).map((s) => {
    const b = make("button", "", label(s));
    b.type = "button";
    b.setAttribute("aria-pressed", "false");
    b.addEventListener("click", () => {
      subject = s.id;
      for (const x of about.querySelectorAll("button")) x.setAttribute("aria-pressed", String(x === b));
      then();
    });
    return b;
  }));
  return { about, chosen: () => subject };
}

function label(s) {
  for (let l = navigator.language || ""; l; l = l.slice(0, Math.max(0, l.lastIndexOf("-")))) if (s.labels?.[l]) return s.labels[l];
  return s.name;
}

// address is the form for where nobody is there to answer.
export function address(make, leave) {
  const email = make("input");
  email.type = "email";
  email.required = true;
  email.autocomplete = "email";
  email.setAttribute("aria-label", texts.address);
  email.placeholder = texts.address;
  const problem = make("small");
  problem.setAttribute("role", "alert");
  const contact = make("form", "contact", make("p", "", texts.leave), email, make("button", "send", texts.send), problem);
  contact.addEventListener("submit", (e) => {
    e.preventDefault();
    problem.textContent = "";
    leave(email.value.trim());
  });
  return { contact, problem };
}
