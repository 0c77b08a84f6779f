// Package calendar reads and shows what people write about days: dates, and days of every year.
//
// Owns: the one format of days off, for groups and for widgets.
// Must not touch: databases, anything of ours but fail.
// Always true: a day that Days returns is a real date, 2026-12-25, or a real day of every year, 12-25.
package calendar
