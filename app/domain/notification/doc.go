// Package notification notifies team members who are not on a page of Parley: agents of what comes in, by Web Push, and people of links
// that invite, create an organization or set a password, by mail.
//
// Owns: the jobs that send these, and the texts of the mails.
//
// Must not touch: links themselves, their secrets and how long they are good (app/domain/identity).
//
// Always true: a link's secret is made when its mail is sent, and is stored as a hash only; whoever is not logged in learns nothing
// about an address, neither from an answer nor from how long it takes; a browser is notified only for a team member who has subscribed it and may answer.
package notification
