package settings

import (
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// Print writes s as a boot file that Load accepts, secrets masked.
func (s Settings) Print(w io.Writer) error {
	s.PublishDir, s.Audit.File = s.Published(), s.AuditFile()
	text, err := yaml.MarshalWithOptions(s, yaml.Indent(2))
	if err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	_, err = w.Write(text)
	return err
}
