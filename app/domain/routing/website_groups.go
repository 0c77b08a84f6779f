package routing

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// WebsiteGroup is a group that answers for a website.
type WebsiteGroup struct {
	Group     uuid.UUID
	GroupName string // the group's
	Priority  int
	Labels    map[string]string // by language: what the visitor reads; without one, the group's name
}

// ListWebsiteGroups lists the groups that answer for a website; none: the main group does.
func (r *Service) ListWebsiteGroups(ctx context.Context, who access.Actor, website uuid.UUID) ([]WebsiteGroup, error) {
	t, err := r.db.Authorize(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := routingdb.New(t).ListWebsiteGroups(ctx, website)
	list := make([]WebsiteGroup, len(rows))
	for i, s := range rows {
		list[i] = WebsiteGroup{Group: s.GroupID, GroupName: s.Name, Priority: int(s.Priority)}
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
		label, err := validate.Name("the name", label, maxLabelLength)
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
	if len(labels) > maxLabels {
		wrong = append(wrong, fmt.Sprintf("There can be %d languages; these are %d.", maxLabels, len(labels)))
	}
	if len(wrong) > 0 {
		return nil, fail.Field("labels", "%s", strings.Join(wrong[:min(len(wrong), 5)], " "))
	}
	return labels, nil
}

const (
	maxLabelLength = 60 // characters
	maxLabels      = 50 // languages
)

// SetWebsiteGroup lets a group answer for a website, at a place in the visitor's list.
func (s *Service) SetWebsiteGroup(ctx context.Context, who access.Actor, website uuid.UUID, in WebsiteGroup, position int) error {
	t, err := s.db.Authorize(who, access.Manage)
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
	err = routingdb.New(t).SaveWebsiteGroup(ctx, routingdb.SaveWebsiteGroupParams{WebsiteID: website, GroupID: in.Group, Position: int32(position), Priority: int16(in.Priority), Labels: labels})
	if pg.IsMissingReference(err) {
		return fail.Missing("website or group")
	}
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return err
}

// RemoveWebsiteGroup takes a group away from a website.
func (s *Service) RemoveWebsiteGroup(ctx context.Context, who access.Actor, website, group uuid.UUID) error {
	t, err := s.db.Authorize(who, access.Manage)
	if err != nil {
		return err
	}
	n, err := routingdb.New(t).RemoveWebsiteGroup(ctx, routingdb.RemoveWebsiteGroupParams{WebsiteID: website, GroupID: group})
	if err == nil && n == 0 {
		return fail.Missing("subject")
	}
	if err == nil {
		s.publishGroupsChanged(who.Org())
	}
	return err
}

// UnstaffedWebsite is a website for which a group answers that nobody belongs to: its conversations wait for ever.
type UnstaffedWebsite struct {
	Website            uuid.UUID
	Name, CustomerName string
	Group              uuid.UUID
	GroupName          string
}

// ListUnstaffedWebsites lists them, at most 100.
func (s *Service) ListUnstaffedWebsites(ctx context.Context, who access.Actor) ([]UnstaffedWebsite, error) {
	t, err := s.db.Authorize(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := routingdb.New(t).ListUnansweredWebsites(ctx)
	list := make([]UnstaffedWebsite, len(rows))
	for i, x := range rows {
		list[i] = UnstaffedWebsite{x.ID, x.Name, x.CustomerName, x.GroupID, x.GroupName}
	}
	return list, err
}
