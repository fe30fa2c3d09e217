/** A product page taken apart and changed: selectors, traversal, forms, text and markup. */
import * as cheerio from 'cheerio';

const HTML = `<!doctype html><html><head><title>Shop</title></head><body>
<ul id="list"><li class="item" data-id="7" data-more='{"a":1}'>Tea <b>4.50</b></li><li class="item sold">Cup</li><li>Spoon
</ul><form><input name="q" value="x y"><input type="checkbox" name="c" checked><select name="s"><option>1<option selected>2</select></form>
<table><tr><td>1<td>2</table><p>a<p>b &amp; &eacute;</body></html>`;

export const handler = () => {
  const $ = cheerio.load(HTML);
  $('li').addClass('seen').first().attr('title', 'a "quoted" name').find('b').replaceWith('<i>5</i>');
  $('#list').append('<li>Fork</li>').prepend($('<li>').text('<Knife>'));
  $('li:contains("Cup")').remove();
  const xml = cheerio.load('<a><b x="1"/><c>t</c></a>', { xml: true });
  return {
    title: $('head > title').text(),
    items: $('li')
      .map((_, li) => $(li).text().trim())
      .get(),
    data: $('[data-id]').data(),
    selectors: [
      $('li:nth-child(2)').length,
      $('li.item.seen:not(.sold)').length,
      $('td + td').text(),
      $('p').last().html(),
      $('ul').children().eq(1).prev().text(),
    ],
    form: [$('form').serialize(), $('form').serializeArray(), $('select').val(), $('[name=c]').prop('checked')],
    extracted: $.extract({ title: 'title', items: [{ selector: 'li', value: (li) => $(li).text().trim().length }] }),
    html: $.html(),
    xml: [xml.xml(), xml('b').attr('x')],
    fragment: cheerio.load('<td>x', null, false).html(),
  };
};
