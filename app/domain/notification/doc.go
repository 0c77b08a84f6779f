// Package notification tells team members what they want to know, or asked for, where they are not on a page of Parley: what comes in for
// an agent by Web Push, and links that log in, invite or set a password by mail.
//
// Owns: the jobs that send these, and the texts of the mails.
//
// Must not touch: links themselves, their secrets and how long they are good (app/domain/identity).
//
// Always true: a link's secret is made when its mail is sent, and is stored as a hash only; whoever is not logged in learns nothing
// about an address, neither from an answer nor from how long it takes; a browser is told only for somebody who wants that and may answer.
package notification
