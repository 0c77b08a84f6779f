package serve

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// CheckHealth asks the server of this container whether it lives, or is ready; the exit code says it.
func CheckHealth(ctx context.Context, cfg Config, ready bool) error {
	path := map[bool]string{false: "/healthz", true: "/readyz"}[ready]
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", cfg.Port, path), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s says %s", path, res.Status)
	}
	return nil
}
