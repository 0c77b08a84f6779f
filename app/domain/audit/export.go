package audit

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"time"

	"parley/app/domain/audit/internal/auditdb"
	"parley/app/platform/access"
	"parley/app/platform/csvfile"
	"parley/app/platform/events"
	"parley/app/platform/pg"
)

// exportBatch is how many events are in memory at once while they are exported.
const exportBatch = 500

var columns = []string{
	"number", "at", "actor", "actor_role", "actor_id", "event", "description", "subject_type", "subject_id", "subject",
	"customer", "before", "after", "via", "address", "user_agent",
}

// Export writes the events that fit a filter as CSV, newest first, and records that as an event; query is the filter as an address has it.
// Nothing is written before the first events are read, so that an error until then can be answered.
func (s *Service) Export(ctx context.Context, actor access.Actor, f Filter, query string, w io.Writer) error {
	t, err := s.db.Authorize(actor, access.AuditExport)
	if err != nil {
		return err
	}
	ctx = pg.WithLongWork(ctx)
	q := auditdb.New(t)
	part, err := list(ctx, q, f, 0, exportBatch)
	if err != nil {
		return err
	}
	err = events.RecordAlone(ctx, s.db.As(actor.AsSystem("record an export")), actor, events.Event{Kind: events.AuditExported,
		Subject: events.Subject{Type: events.AuditLog}, After: events.ExportState{Format: "csv", Filter: query}})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.WriteString(csvfile.BOM)
	csvfile.WriteRow(out, columns)
	for {
		for _, e := range part {
			csvfile.WriteRow(out, row(e))
		}
		if err := out.Flush(); err != nil { // who has gone is not read for
			return err
		}
		if len(part) < exportBatch {
			return nil
		}
		if part, err = list(ctx, q, f, part[len(part)-1].Number, exportBatch); err != nil {
			return err
		}
	}
}

// row is an event as a line of the file.
func row(e Entry) []string {
	id := func(id interface{ String() string }, there bool) string {
		if !there {
			return ""
		}
		return id.String()
	}
	return []string{
		strconv.FormatInt(e.Number, 10),
		e.At.UTC().Format(time.RFC3339),
		e.ActorName,
		e.ActorRole,
		id(e.ActorID, e.ActorID != [16]byte{}),
		string(e.Kind),
		e.Sentence.String(),
		string(e.Subject.Type),
		id(e.Subject.ID, e.Subject.ID != [16]byte{}),
		e.Subject.Name,
		e.CustomerName,
		string(e.Payload.Before),
		string(e.Payload.After),
		string(e.Origin.Via),
		e.Origin.Address,
		e.Origin.UserAgent,
	}
}
