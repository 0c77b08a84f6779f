package jobs

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"
)

// Queue is where a job waits. Each has workers of its own, so that jobs of one queue never wait for those of another.
type Queue string

// The queues.
const (
	Account Queue = "account" // mails of people who prove who they are: sign-ups and forgotten passwords
	Mail    Queue = "mail"    // mails of organizations, which are served in turns
	Default Queue = "default" // everything else
)

// queues says how many jobs of a queue an instance works on at once, how often a job is tried, and how often an instance looks at the queue
// where notifications arrive: for jobs that were not due when they were inserted, as most of Default.
var queues = map[Queue]struct {
	workers, attempts int
	poll              time.Duration
}{
	Account: {8, 10, time.Minute},
	Mail:    {64, 10, time.Minute},
	Default: {32, 5, 20 * time.Second},
}

// Args are what a kind of job is about. Its fields are ids, numbers, times and Codes, with JSON names.
type Args interface {
	Kind() string // names the kind in the table, for ever
	Queue() Queue
}

// OrgArgs are Args of a job of an organization.
type OrgArgs interface {
	Args
	Organization() uuid.UUID
}

// Code is one of a few constants of the program. It is the only text that arguments may have.
type Code string

// checkArgs returns an error if arguments could hold anything but references.
func checkArgs(args Args) error {
	t := reflect.TypeOf(args)
	if t.Kind() != reflect.Struct {
		return fmt.Errorf("jobs: %s: arguments must be a struct", args.Kind())
	}
	for i := range t.NumField() {
		f := t.Field(i)
		switch f.Type {
		case reflect.TypeFor[uuid.UUID](), reflect.TypeFor[int](), reflect.TypeFor[int64](), reflect.TypeFor[time.Time](), reflect.TypeFor[Code]():
		default:
			return fmt.Errorf("jobs: %s: %s is a %s; arguments hold ids, numbers, times and codes only", args.Kind(), f.Name, f.Type)
		}
		if f.Tag.Get("json") == "" {
			return fmt.Errorf("jobs: %s: %s has no JSON name, which must outlive its name in the program", args.Kind(), f.Name)
		}
	}
	if _, there := queues[args.Queue()]; !there {
		return fmt.Errorf("jobs: %s: there is no queue %q", args.Kind(), args.Queue())
	}
	return nil
}
