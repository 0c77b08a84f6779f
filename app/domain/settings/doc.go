// Package settings holds what managers set for the chat of their organization, of a customer or of one website.
//
// Owns: the table settings, and of every setting its type, its one default, its one check and where its value comes from.
//
// Must not touch: customers, websites and their domains (they are org's); what routing's statements filter by (columns of groups,
// customers and agents); a team member's preferences.
//
// Always true: a level stores only what it sets. What it does not set comes from the level above: website, customer, organization, and then
// the default. A value is checked where it is stored, whatever page or program sets it; a change and its event are committed together.
package settings
