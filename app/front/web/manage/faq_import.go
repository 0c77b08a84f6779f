package manage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"parley/app/domain/faq"
	"parley/app/domain/settings"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/manage"
)

// ImportForm shows the form of an import.
func (h *Handlers) ImportForm(req *page.Request) error {
	return req.Respond(http.StatusOK, view.Import(view.ImportPage{Viewer: viewer(req)}))
}

// ImportFAQ shows what an import of a file would do, or imports it if it is the one that was shown. The file is on disk until it is
// its turn.
func (h *Handlers) ImportFAQ(req *page.Request) error {
	p := view.ImportResultPage{}
	remove, err := req.ReadMultipart(faq.MaxImportBytes)
	if err == nil {
		defer remove()
		var release func()
		if release, err = h.acquireImport(req); err == nil {
			defer release()
			p.Rows, p.Notes, p.Digest, p.Done, err = h.importFile(req)
		}
	}
	status := http.StatusOK
	if err != nil {
		if p.Form, status, err = page.RefusedForm(req, err); err != nil {
			return err
		}
	}
	return req.Respond(status, view.ImportResult(p))
}

// acquireImport waits until a catalog may be worked on.
func (h *Handlers) acquireImport(req *page.Request) (release func(), err error) {
	ctx, org := req.Request().Context(), req.Actor.Org()
	ofOrg, err := h.heavyWork.Acquire(ctx, org)
	if err != nil {
		return nil, err
	}
	ofAll, err := h.imports.Acquire(ctx, org)
	if err != nil {
		ofOrg()
		return nil, err
	}
	return func() { ofAll(); ofOrg() }, nil
}

// importFile reads the catalog of a form that was read.
func (h *Handlers) importFile(req *page.Request) (fates []faq.ImportResult, notes []string, digest string, done bool, err error) {
	ctx := req.Request().Context()
	file, there := req.Files["file"]
	if !there {
		return nil, nil, "", false, fail.Field("file", "Choose a file.")
	}
	if file.Size > faq.MaxImportBytes {
		return nil, nil, "", false, fail.Field("file", "The file is larger than %d MB. Split it into smaller files.", faq.MaxImportBytes>>20)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, nil, "", false, fmt.Errorf("read an import: %w", err)
	}
	from, err := faq.ReadFile(file.File)
	if err != nil {
		return nil, nil, "", false, err
	}
	names, err := h.scopeNames(ctx, req)
	if err != nil {
		return nil, nil, "", false, err
	}
	language := settings.BaseLanguage(req.FormValue("language"))
	io.WriteString(sum, language)
	digest = hex.EncodeToString(sum.Sum(nil))
	dry := faq.ImportMode(req.FormValue("digest") != digest)
	fates, err = h.faq.Import(ctx, req.Actor, from.Records, names, language, dry)
	return fates, from.Notes, digest, dry == faq.ImportApply, err
}

// scopeNames returns what scopes are called in files.
func (h *Handlers) scopeNames(ctx context.Context, req *page.Request) (n faq.ScopeNames, err error) {
	places, err := h.scopeChoices(ctx, req)
	for _, c := range places.Customers {
		n.Customers = append(n.Customers, faq.NamedScope{ID: c.ID, Name: c.Name})
	}
	for _, w := range places.Websites {
		n.Websites = append(n.Websites, faq.NamedScope{ID: w.ID, Name: w.Name, Customer: w.CustomerID,
			CustomerName: w.CustomerName})
	}
	for _, g := range places.Groups {
		n.Groups = append(n.Groups, faq.NamedScope{ID: g.ID, Name: g.Name})
	}
	return n, err
}
