// Package org holds who chat is run for: organizations, their customers, websites and domains.
//
// Owns: organizations, customers, websites, domains, and the answer to "may this host show this website's widget?".
//
// Must not touch: users, conversations.
//
// Always true: a website belongs to one customer and has one key; a widget is served only to a host that one of the
// website's domains names; what is cached here is dropped by an event when it changes and is never older than a minute.
package org
