package queue

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// Subject is a group that answers for a website.
type Subject struct {
	Group    uuid.UUID
	Name     string // the group's
	Priority int
	Labels   map[string]string // by language: what the visitor reads; without one, the group's name
}

// Subjects lists the groups that answer for a website; none: the main group does.
func (r *Room) Subjects(ctx context.Context, who access.Actor, website uuid.UUID) ([]Subject, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := queuedb.New(t).ListSubjects(ctx, website)
	list := make([]Subject, len(rows))
	for i, s := range rows {
		list[i] = Subject{Group: s.GroupID, Name: s.Name, Priority: int(s.Priority)}
		if err := json.Unmarshal(s.Labels, &list[i].Labels); err != nil {
			return nil, err
		}
	}
	return list, err
}

var isLanguage = regexp.MustCompile(`(?i)^[a-z]{2,3}([-_][a-z0-9]{2,8})*$`)

// ParseLabels reads labels, a line for each language: "de: Bestellungen".
func ParseLabels(text string) (map[string]string, error) {
	labels := map[string]string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		language, label, _ := strings.Cut(line, ":")
		language = strings.TrimSpace(language)
		label, err := fail.Name("the name", label, 60)
		if !isLanguage.MatchString(language) || err != nil || len(labels) == 50 {
			return nil, fail.Field("labels", "Please write a language and a name on each line, such as \"de: Bestellungen\" (at most 60 characters).")
		}
		labels[language] = label
	}
	return labels, nil
}

// SetSubject lets a group answer for a website, at a place in the visitor's list.
func (r *Room) SetSubject(ctx context.Context, who access.Actor, website uuid.UUID, in Subject, place int) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	if in.Priority < -2 || in.Priority > 2 {
		return fail.Field("priority", "Please choose one of the priorities.")
	}
	labels, err := json.Marshal(in.Labels)
	if err != nil {
		return err
	}
	err = queuedb.New(t).SetSubject(ctx, queuedb.SetSubjectParams{WebsiteID: website, GroupID: in.Group, Place: int32(place), Priority: int16(in.Priority), Labels: labels})
	if pg.Missing(err) {
		return fail.Missing("website or group")
	}
	if err == nil {
		r.changed(who.Org())
	}
	return err
}

// RemoveSubject takes a group away from a website.
func (r *Room) RemoveSubject(ctx context.Context, who access.Actor, website, group uuid.UUID) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	n, err := queuedb.New(t).RemoveSubject(ctx, queuedb.RemoveSubjectParams{WebsiteID: website, GroupID: group})
	if err == nil && n == 0 {
		return fail.Missing("subject")
	}
	if err == nil {
		r.changed(who.Org())
	}
	return err
}
