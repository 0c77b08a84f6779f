// Package faq is what agents answer with: FAQ entries and the suggestions made from them, and snippets.
//
// Owns: FAQ entries with their texts and history, the choices that suggestions learn from, snippets, the desk's rules; one
// suggestion engine for each organization that is at work (package suggest).
//
// Must not touch: conversations and messages, but for reading a visitor's words when a choice is stored; screens.
//
// Always true: the tables are the truth and an engine is made anew from them whenever it is lost; an entry is suggested only
// where its scope allows it and while it is published; a choice is stored once for a message, an entry and a kind; what visitors see
// is never decided here.
package faq
