/** A feed: attributes, CDATA, entities, order kept, checks with places, and back to XML. */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

const TEXT = `<?xml version="1.0"?>
<feed xmlns:m="urn:m" version="2.0">
  <!-- two entries -->
  <entry id="007" m:kind='short'><title>Tea &amp; cup &lt;3</title><price>4.50</price></entry>
  <entry id="8"><title><![CDATA[<b>raw</b>]]></title><empty/></entry>
</feed>`;

export const handler = () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    isArray: (name) => name === 'title',
    tagValueProcessor: (name, value) => (name === 'price' ? `${value}!` : value),
  });
  const ordered = new XMLParser({ preserveOrder: true, commentPropName: '#comment', cdataPropName: '#cdata' }).parse(
    TEXT,
  );
  return {
    plain: new XMLParser().parse(TEXT),
    rich: parser.parse(TEXT),
    ordered,
    valid: XMLValidator.validate(TEXT),
    broken: [XMLValidator.validate('<a><b></a>'), XMLValidator.validate('<a x=1/>'), XMLValidator.validate('<a/><b/>')],
    text: new XMLBuilder({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      format: true,
      suppressEmptyNode: true,
    }).build({
      order: { '@id': 7, item: [{ name: 'Tea & cup' }, { name: '<x>' }], none: '' },
    }),
    round: new XMLBuilder({ preserveOrder: true, commentPropName: '#comment', cdataPropName: '#cdata' }).build(ordered),
  };
};
