// Package live shows events on the screens that they concern: visitors' panels, agents' desks, and pages of managers
// and supervisors.
//
// It owns which screens are open in this process, what each of them shows, and in which order a desk is told of
// changes. Hub has the screens; each stands on a wire.Socket. What a desk shows is read by app/front/desk and rendered
// by templates/desk. It does not touch tables, and decides nothing that the domain decides: it reads and acts as the
// screen's actor.
//
// Always true: a desk's list never goes back to an older state of a conversation (orgDesks); a screen gets the messages
// of a conversation once and in order (package thread); a client that does not read is disconnected and catches up
// (package wire); an idle visitor's panel costs no statement, no goroutine and no timer.
//
// Locks are taken in this order: Hub.mu, then orgDesks.mu, then desk.mu; or Hub.mu, then panel.mu. The locks of package
// thread come before desk.mu and panel.mu. Hub.mu is never taken while another one is held.
package live
