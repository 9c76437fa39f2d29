package schematest

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// roots are the elements that each Side says.
var roots = [2][]string{{"event", "snapshot", "reply", "bye"}, {"command"}}

// wholeElement holds that text is one element of its side, on one line.
func wholeElement(side Side, text string) error {
	if strings.Contains(text, "\n") {
		return errors.New("more than one line")
	}
	d := xml.NewDecoder(strings.NewReader(text))
	depth, elements := 0, 0
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && elements == 1:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%d elements, not one", elements)
		case err != nil:
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 && !slices.Contains(roots[side], token.Name.Local) {
				return fmt.Errorf("<%s> is not of this side", token.Name.Local)
			} else if depth == 0 {
				elements++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 {
				return errors.New("text outside of the element")
			}
		case xml.ProcInst, xml.Directive, xml.Comment:
			return fmt.Errorf("%T", token)
		}
	}
}

// wrapper makes one document of many elements.
const wrapper = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="%s"/>
<xs:element name="frames"><xs:complexType><xs:sequence><xs:any processContents="strict" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>`

// lint has xmllint check those frames whose indexes are given, and notes what it says
// in faults.
func (d *Documents) lint(frames []string, indexes []int, faults []error) error {
	if len(indexes) == 0 {
		return nil
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		return errors.New("xmllint is missing: run make install, or install libxml2-utils")
	}
	dir, err := os.MkdirTemp("", "schematest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	xsd, err := filepath.Abs(filepath.Join(d.dir, "events.xsd"))
	if err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString("<frames>\n")
	for _, i := range indexes {
		text.WriteString(frames[i] + "\n")
	}
	text.WriteString("</frames>\n")
	schema, file := filepath.Join(dir, "frames.xsd"), filepath.Join(dir, "frames.xml")
	err = errors.Join(os.WriteFile(schema, fmt.Appendf(nil, wrapper, "file://"+xsd), 0o600), os.WriteFile(file, []byte(text.String()), 0o600))
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(context.Background(), xmllint, "--nonet", "--noout", "--schema", schema, file).CombinedOutput() //nolint:gosec // files of our own
	if err == nil {
		return nil
	}
	found := false
	for l := range strings.Lines(string(said)) {
		rest, ok := strings.CutPrefix(l, file+":")
		number, what, _ := strings.Cut(rest, ":")
		n, notANumber := strconv.Atoi(number)
		if !ok || notANumber != nil || n < 2 || n-2 >= len(indexes) {
			continue
		}
		found = true
		i := indexes[n-2]
		faults[i] = errors.Join(faults[i], errors.New(strings.TrimSpace(what)))
	}
	if !found {
		return fmt.Errorf("xmllint: %w\n%s", err, said)
	}
	return nil
}
