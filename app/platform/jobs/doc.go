// Package jobs does work after the answer was given: what is inserted in the transaction of a change is done after its commit, by any
// instance, however often an instance ends meanwhile. It wraps riverqueue/river, which nothing else imports.
//
// Owns: the tables of the schema jobs (db/migrations/00003_jobs.sql), the queues, and how a job is tried again.
//
// Must not touch: what a job is about.
//
// Always true: a job's arguments are ids, numbers, times and constants of the program, and so is what the table keeps of a job that
// failed; a worker of an organization's job acts as that organization's system, under row-level security; a job runs at least once, and
// twice if its instance is killed after the work and before that is noted; an idle instance sends less than one statement a second
// (docs/decisions/0041-work-for-later-is-a-job-in-the-database.md).
package jobs
