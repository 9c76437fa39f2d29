package config

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// Bounds of an XML file beside MaxFileSize: they keep a hostile one from taking much
// more memory than its size.
const (
	maxDepth    = 8         // asteriskcti, services, service, variable: four are of use
	maxMarkup   = 256 << 10 // bytes from one < to the next
	maxItems    = 2 * MaxAssignments
	maxPassword = 256 // bytes
)

// ReadXML reads the XML form (J3), strictly: unknown elements and attributes, text,
// document type declarations and oversized input are refused. The error is Faults
// with every fault there is, those of Validate too, each with its line; the document
// is as good as it could be read. source names the file in the snapshot.
func ReadXML(r io.Reader, source string) (*Document, error) { return readXML(r, source, false) }

// readXML is ReadXML. What is published already may have in it what does nothing.
func readXML(r io.Reader, source string, published bool) (*Document, error) {
	x := &xmlReader{doc: &Document{Source: filepath.Base(source)}, open: []*xmlElement{xmlForm}}
	if x.read(r) {
		x.faults = append(x.faults, x.doc.Validate()...)
		if !published {
			x.faults = append(x.faults, x.doc.pointless()...)
		}
	}
	return x.doc, x.faults.sorted().Err()
}

// xmlElement is an element of the form: what it may hold and what it is read into.
type xmlElement struct {
	attributes []string
	children   map[string]*xmlElement
	names      []string // of children, in order, to suggest
	once       bool
	read       func(x *xmlReader, a *xmlAttributes)
}

func (e *xmlElement) child(name string, c *xmlElement) *xmlElement {
	if e.children == nil {
		e.children = map[string]*xmlElement{}
	}
	e.children[name], e.names = c, append(e.names, name)
	return e
}

// xmlForm is the form: its only child is the root.
var xmlForm = new(xmlElement).child("asteriskcti", (&xmlElement{once: true, attributes: []string{"version"}, read: readVersion}).
	child("services", (&xmlElement{once: true}).
		child("service", (&xmlElement{
			attributes: []string{"name", "context", "type", "queue", "trigger", "application", "param_string", "target", "allow_http", "open", "after_call", "caller_id", "enabled"}, read: readService}).
			child("variable", &xmlElement{attributes: []string{"name", "label"}, read: readVariable}).
			child("disposition", &xmlElement{attributes: []string{"name"}, read: readDisposition}).
			child("allow", &xmlElement{attributes: []string{"prefix"}, read: readAllow}).
			child("deny", &xmlElement{attributes: []string{"prefix"}, read: readDeny}).
			child("operator", &xmlElement{attributes: []string{"username", "penalty"}, read: readAssignment}))).
	child("seats", (&xmlElement{once: true}).
		child("seat", &xmlElement{attributes: []string{"mac", "extension", "description"}, read: readSeat})).
	child("operators", (&xmlElement{once: true}).
		child("operator", &xmlElement{attributes: []string{"username", "fullname", "password", "md5", "verifier", "enabled"}, read: readOperator})).
	child("pauses", (&xmlElement{once: true}).
		child("pause", &xmlElement{attributes: []string{"reason"}, read: readPause})).
	child("limits", &xmlElement{once: true, attributes: []string{"after_call", "per_minute", "per_hour"}, read: readLimits}))

// xmlReader walks through one file.
type xmlReader struct {
	dec    *xml.Decoder
	doc    *Document
	open   []*xmlElement // the elements around; nil: an unknown one, faulted already
	seen   []string      // names of the elements that may come once
	items  int
	line   int // where the token begins
	faults Faults
}

func (x *xmlReader) fault(where string, why *flaw) { x.faultOf(where, "", why) }

// faultOf is fault about an attribute.
func (x *xmlReader) faultOf(where, field string, why *flaw) {
	if len(x.faults) <= maxFaults {
		x.faults = append(x.faults, Fault{Line: x.line, Where: where, Message: why.text, Field: field, Code: why.code, Pairs: why.pairs})
	}
}

// read returns false when it had to give up before the end of the file.
func (x *xmlReader) read(r io.Reader) bool {
	in := bufio.NewReaderSize(&boundedReader{r: r}, 64<<10)
	switch mark, _ := in.Peek(3); {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3) // peeked: cannot fail
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		x.fault("", flawed("file.encoding", "the file is in UTF-16: save it in UTF-8", "encoding", "UTF-16"))
		return false
	}
	x.dec = xml.NewDecoder(in)
	x.dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, flawed("file.encoding", fmt.Sprintf("the file is in %.40q: save it in UTF-8", charset), "encoding", clip(charset))
	}
	for {
		x.line, _ = x.dec.InputPos()
		token, err := x.dec.Token()
		if errors.Is(err, io.EOF) && token == nil {
			break
		}
		if err != nil {
			x.broken(err)
			return false
		}
		if !x.token(token) {
			return false
		}
	}
	if len(x.seen) == 0 && len(x.faults) == 0 {
		x.fault("", flawed("xml.no-configuration", `holds no configuration: its root is <asteriskcti version="1">`))
	}
	return len(x.seen) > 0
}

// broken tells of a file that is not well-formed, too large or unreadable.
func (x *xmlReader) broken(err error) {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		x.line = syntax.Line
		hint := ""
		if strings.HasPrefix(syntax.Msg, "unescaped <") {
			hint = ": write &lt; there"
		}
		x.fault("", flawed("xml.malformed", "not well-formed XML: "+syntax.Msg+hint, "reason", syntax.Msg))
		return
	}
	if why, ok := errors.AsType[*flaw](err); ok { // of the charset or of boundedReader
		x.fault("", &flaw{why.code, strings.TrimPrefix(err.Error(), "xml: "), why.pairs})
		return
	}
	// encoding/xml names itself before some errors, which tells an administrator nothing.
	text := strings.TrimPrefix(err.Error(), "xml: ")
	x.fault("", flawed("file.unreadable", text, "reason", text))
}

func (x *xmlReader) token(token xml.Token) (goOn bool) {
	around := x.open[len(x.open)-1]
	switch t := token.(type) {
	case xml.StartElement:
		return x.start(around, t)
	case xml.EndElement:
		x.open = x.open[:len(x.open)-1]
	case xml.CharData:
		if text := strings.TrimSpace(string(t)); text != "" && around != nil {
			x.fault("", flawed("xml.text", fmt.Sprintf("text %.40q: there is no text in this form, only elements and attributes", text), "value", clip(text)))
		}
	case xml.ProcInst:
		if t.Target != "xml" {
			x.fault("", flawed("xml.instruction", fmt.Sprintf("<?%.40s?>: processing instructions are not part of this form, remove it", t.Target), "name", clip(t.Target)))
		}
	case xml.Directive:
		x.fault("", flawed("xml.doctype", fmt.Sprintf("<!%.10s…>: document types and entities are refused, remove it", t)))
		return false
	}
	return true
}

func (x *xmlReader) start(around *xmlElement, t xml.StartElement) (goOn bool) {
	if x.items++; len(x.open) > maxDepth || x.items > maxItems {
		x.fault("", flawed("xml.too-much", "more elements, or deeper inside one another, than any configuration has"))
		return false
	}
	name := t.Name.Local
	if around == nil {
		x.open = append(x.open, nil)
		return true
	}
	e := around.children[name]
	switch {
	case e == nil, t.Name.Space != "":
		x.fault("<"+clip(name)+">", flawed("xml.element", "unknown element"+x.suggest(name, around.names), "name", clip(name)))
		x.open = append(x.open, nil)
		// Without its root nothing of the rest can be understood.
		return around != xmlForm
	case e.once && slices.Contains(x.seen, name):
		x.fault("<"+name+">", flawed("xml.element-twice", "comes a second time: there is one of it", "name", name))
	case e.once:
		x.seen = append(x.seen, name)
	}
	x.open = append(x.open, e)
	a := x.attributes(name, e, t.Attr)
	if e.read != nil {
		e.read(x, a)
	}
	return true
}

func (x *xmlReader) suggest(name string, known []string) string {
	if len(name) <= 40 {
		if near := suggest.Nearest(name, known); near != "" {
			return ": did you mean " + near + "?"
		}
	}
	if len(known) == 0 {
		return ": nothing is expected here"
	}
	return ": expected here: " + strings.Join(known, ", ")
}

func clip(s string) string { return fmt.Sprintf("%.60s", s) }

// xmlAttributes are those of one element.
type xmlAttributes struct {
	x       *xmlReader
	element string
	values  map[string]string
}

func (x *xmlReader) attributes(element string, e *xmlElement, list []xml.Attr) *xmlAttributes {
	a := &xmlAttributes{x, element, make(map[string]string, len(list))}
	for _, at := range list {
		name := at.Name.Local
		switch _, twice := a.values[name]; {
		case at.Name.Space != "", !slices.Contains(e.attributes, name):
			a.fault(clip(name), flawed("xml.attribute", "unknown attribute"+x.suggest(name, e.attributes), "name", clip(name), "element", element))
		case twice:
			a.fault(clip(name), flawed("xml.attribute-twice", "comes twice: remove one", "name", name, "element", element))
		default:
			a.values[name] = at.Value
		}
	}
	return a
}

func (a *xmlAttributes) fault(name string, why *flaw) {
	a.x.faultOf(fmt.Sprintf("<%s>, attribute %s", a.element, name), name, why)
}

func (a *xmlAttributes) bool(name string, otherwise bool) bool {
	switch v, ok := a.values[name]; {
	case !ok:
		return otherwise
	case v == "true", v == "1":
		return true
	case v == "false", v == "0":
		return false
	default:
		a.fault(name, flawed("value.bool", fmt.Sprintf("%.40q: write true or false", v), "value", clip(v)))
		return otherwise
	}
}

func (a *xmlAttributes) int(name string, most, otherwise int) int {
	v, ok := a.values[name]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		a.fault(name, outOfRange(fmt.Sprintf("%.40q: write a number from 0 to %d", v, most), clip(v), 0, most))
		return otherwise
	}
	return int(n)
}

func readVersion(x *xmlReader, a *xmlAttributes) {
	if v := a.values["version"]; v != "1" {
		a.fault("version", flawed("xml.version", fmt.Sprintf(`%.40q: this program reads version="1"`, v), "value", clip(v)))
	}
}

func readService(x *xmlReader, a *xmlAttributes) {
	x.doc.Services = append(x.doc.Services, Service{
		Name: a.values["name"], Context: a.values["context"], Type: a.values["type"], Queue: a.values["queue"],
		Trigger: a.values["trigger"], Application: a.values["application"], ParamString: a.values["param_string"],
		Target: a.values["target"], AllowHTTP: a.bool("allow_http", false), OpenAt: a.values["open"], AfterCall: a.int("after_call", MaxAfterCall, InheritAfterCall), CallerID: a.values["caller_id"],
		Enabled: a.bool("enabled", true), line: x.line,
	})
}

func (x *xmlReader) service() *Service { return &x.doc.Services[len(x.doc.Services)-1] }

func readVariable(x *xmlReader, a *xmlAttributes) {
	x.service().AddVariable(a.values["name"], a.values["label"])
}

func readDisposition(x *xmlReader, a *xmlAttributes) {
	s := x.service()
	s.Dispositions = append(s.Dispositions, a.values["name"])
}

func readAllow(x *xmlReader, a *xmlAttributes) {
	s := x.service()
	s.Allow = append(s.Allow, x.prefix(s, a))
}

func readDeny(x *xmlReader, a *xmlAttributes) {
	s := x.service()
	s.Deny = append(s.Deny, x.prefix(s, a))
}

func (x *xmlReader) prefix(s *Service, a *xmlAttributes) string {
	if s.prefixLines == nil {
		s.prefixLines = map[string]int{}
	}
	s.prefixLines[a.values["prefix"]] = x.line
	return a.values["prefix"]
}

func readPause(x *xmlReader, a *xmlAttributes) {
	x.doc.PauseReasons, x.doc.reasonLines = append(x.doc.PauseReasons, a.values["reason"]), append(x.doc.reasonLines, x.line)
}

func readLimits(x *xmlReader, a *xmlAttributes) {
	x.doc.Limits = Limits{
		AfterCall: a.int("after_call", MaxAfterCall, 0), PerMinute: a.int("per_minute", MaxPerMinute, 0), PerHour: a.int("per_hour", MaxPerHour, 0),
	}
	x.doc.limitsLine = x.line
}

func readAssignment(x *xmlReader, a *xmlAttributes) {
	s := x.service()
	s.Operators = append(s.Operators, Assignment{Username: a.values["username"], Penalty: a.int("penalty", MaxPenalty, 0), line: x.line})
}

func readSeat(x *xmlReader, a *xmlAttributes) {
	x.doc.Seats = append(x.doc.Seats, Seat{
		MAC: a.values["mac"], Extension: a.values["extension"], Description: a.values["description"], line: x.line,
	})
}

func readOperator(x *xmlReader, a *xmlAttributes) {
	o := ImportedOperator{
		Operator: Operator{
			Username: a.values["username"], FullName: a.values["fullname"], Verifier: a.values["verifier"],
			Enabled: a.bool("enabled", true), line: x.line,
		},
		Password: a.values["password"], MD5: a.values["md5"],
	}
	given := 0
	for _, name := range []string{"password", "md5", "verifier"} {
		if v, ok := a.values[name]; ok && v != "" {
			given++
		} else if ok && name != "verifier" { // an export writes an empty one for who has none
			a.fault(name, flawed("xml.password-empty", "is empty: write the password, or leave the attribute out"))
		}
	}
	if given > 1 {
		a.fault("password", flawed("xml.password-several", "give one of password, md5 and verifier, not several"))
	}
	if why := passwordFlaw(o.Password); why != nil {
		a.fault("password", why)
	}
	if o.MD5 != "" && (len(o.MD5) != 32 || strings.Trim(strings.ToLower(o.MD5), "0123456789abcdef") != "") {
		a.fault("md5", flawed("xml.md5", "write the 32 hex digits of the password's MD5"))
	}
	x.doc.Operators = append(x.doc.Operators, o)
}

// boundedReader ends a file that is too large, or whose markup is: encoding/xml keeps
// a whole tag with all its attributes in memory, many times its size.
type boundedReader struct {
	r      io.Reader
	size   int64
	markup int // bytes since the last <, which no attribute and no text can hold
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.size += int64(n); b.size > MaxFileSize {
		return 0, flawed("file.large", fmt.Sprintf("the file is larger than %d MiB", MaxFileSize>>20), "max", MaxFileSize>>20)
	}
	longest := b.markup + n
	if at := bytes.IndexByte(p[:n], '<'); at >= 0 {
		// Between two of them inside p there is less than bufio asks for at once.
		longest, b.markup = b.markup+at, n-bytes.LastIndexByte(p[:n], '<')
	} else {
		b.markup = longest
	}
	if longest > maxMarkup {
		return 0, flawed("xml.long", fmt.Sprintf("a tag, comment or text is longer than %d KiB", maxMarkup>>10), "max", maxMarkup>>10)
	}
	return n, err
}
