package ui

import "parley/app/platform/bidi"

// BidiText returns what a stranger wrote as the content of a bdi element, which ends its direction where it ends:
// <bdi>{ ui.Foreign(name) }</bdi>. Visitors' names, words and addresses, titles and addresses of pages, names of files, and
// what a site tells of its visitors are drawn so wherever staff reads them.
func BidiText(s string) string { return bidi.Balance(s) }

// BidiIsolated is Foreign where there are no elements: in attributes and in sentences made of pieces.
func BidiIsolated(s string) string { return bidi.Isolate(s) }
