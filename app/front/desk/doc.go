// Package desk reads what team members' screens show: the desk with its lists and panes, the column beside them, and
// the live monitor. A page, a fragment that is pushed, and the refresh after a gap are built from the same values.
//
// It owns the read models: which rows, panes and figures a screen has, and how a conversation shows to an agent
// (Visibility). It changes nothing, decides nothing that the domain decides, and knows neither HTML nor sockets.
//
// Always true: it reads as the actor whose screen it is, so that a screen has nothing that its reader may not see. Only
// a queue's head is read once for several screens; VisibilityOf is asked for each of them before it is shown.
package desk
