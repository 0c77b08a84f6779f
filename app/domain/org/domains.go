package org

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/org/internal/orgdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Domain is a host name that may show a website's widget.
type Domain struct {
	ID     uuid.UUID
	Host   string
	SeenAt *time.Time // the widget was last loaded from there; within a minute
}

// AddDomain allows another host to show the website's widget.
func (s *Service) AddDomain(ctx context.Context, who access.Actor, website uuid.UUID, host string) error {
	t, err := s.db.Authorize(who, access.DomainAdd)
	if err != nil {
		return err
	}
	w, err := s.GetWebsite(ctx, who, website)
	if err != nil {
		return err
	}
	if host, err = ParseHost(host); err != nil {
		return fail.Field("host", "%s", err.Error())
	}
	if len(w.Domains) >= 100 {
		return fail.Field("host", "A website can have 100 domains. Remove one, or use a pattern such as *.shop.example")
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		err := orgdb.New(tx).AddDomain(ctx, orgdb.AddDomainParams{ID: uuid.Must(uuid.NewV7()), WebsiteID: website, Host: host})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, domainAdded(w, host))
	})
	if pg.IsDuplicate(err, "") {
		return fail.Field("host", "This domain is already in the list.")
	}
	if err == nil {
		s.publishChange(who.Org(), website, w.Key)
	}
	return err
}

// RemoveDomain takes a host's permission back. Open panels on it end at their next connection.
func (s *Service) RemoveDomain(ctx context.Context, who access.Actor, website, domain uuid.UUID) error {
	t, err := s.db.Authorize(who, access.DomainRemove)
	if err != nil {
		return err
	}
	var row orgdb.RemoveDomainRow
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		row, err = orgdb.New(tx).RemoveDomain(ctx, orgdb.RemoveDomainParams{ID: domain, WebsiteID: website})
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, domainRemoved(website, row))
	})
	if pg.IsNoRows(err) {
		return fail.Missing("domain")
	}
	if err == nil {
		s.publishChange(who.Org(), website, row.Key)
	}
	return err
}
