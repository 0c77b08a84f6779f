package web

import (
	"net/http"

	"parley/templates/manage"
)

// rights shows what each role may do.
func (s *Server) rights(req *request) error {
	return s.render(req, http.StatusOK, manage.Rights(req.viewer()))
}
