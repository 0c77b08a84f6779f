package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/language"

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

// ParseLabels reads labels, a line for each language: "de: Bestellungen". The error names every line that is none.
func ParseLabels(text string) (map[string]string, error) {
	labels := map[string]string{}
	var wrong []string
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		of, label, _ := strings.Cut(line, ":")
		of = strings.TrimSpace(of)
		label, err := fail.Name("the name", label, labelMost)
		_, twice := labels[of]
		_, unknown := language.Parse(of)
		switch {
		case !isLanguage.MatchString(of):
			wrong = append(wrong, fmt.Sprintf("Line %d does not begin with a language and a colon, as in \"de: Bestellungen\".", n))
		case unknown != nil:
			wrong = append(wrong, fmt.Sprintf("Line %d: “%s” is not a language of the widget. Write it as in en, de or pt-BR.", n, of))
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("Line %d: %s", n, err))
		case twice:
			wrong = append(wrong, fmt.Sprintf("Line %d has a language that is there already.", n))
		}
		labels[of] = label
	}
	if len(labels) > labelsMost {
		wrong = append(wrong, fmt.Sprintf("There can be %d languages; these are %d.", labelsMost, len(labels)))
	}
	if len(wrong) > 0 {
		return nil, fail.Field("labels", "%s", strings.Join(wrong[:min(len(wrong), 5)], " "))
	}
	return labels, nil
}

const (
	labelMost  = 60 // characters
	labelsMost = 50 // languages
)

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

// Unanswered is a website for which a group answers that nobody belongs to: its conversations wait for ever.
type Unanswered struct {
	Website        uuid.UUID
	Name, Customer string
	Group          uuid.UUID
	GroupName      string
}

// Unanswered lists them, at most 100.
func (r *Room) Unanswered(ctx context.Context, who access.Actor) ([]Unanswered, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := queuedb.New(t).Unanswered(ctx)
	list := make([]Unanswered, len(rows))
	for i, x := range rows {
		list[i] = Unanswered{x.ID, x.Name, x.CustomerName, x.GroupID, x.GroupName}
	}
	return list, err
}
