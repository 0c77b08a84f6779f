// Package web serves HTTP: pages and fragments for browsers, JSON for the widget.
//
// Owns: the site map (routes.go), the guards in front of every route, and what is around every request. The packages below it answer:
// account, desk, manage, archive and widget, each for its audience; body, session, page and upload are what they share.
//
// Must not touch: SQL, and decisions that belong to the domain.
//
// Always true: every route goes through exactly one guard; a request that changes something comes from our own pages (or, for the widget,
// from one of the website's domains).
package web
