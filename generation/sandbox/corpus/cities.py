"""The cities that are asked about, and how coined ones are called."""

from __future__ import annotations

from .kind import Pool, coined, things

_CITIES = """
    Lisbon, Porto, Madrid, Seville, Barcelona, Paris, Lyon, Marseille, Bordeaux, Rome, Naples, Turin,
    Venice, Florence, Vienna, Salzburg, Graz, Zürich, Geneva, Basel, Berlin, Hamburg, Munich, Cologne,
    Dresden, Leipzig, Prague, Brno, Warsaw, Kraków, Gdańsk, Budapest, Bucharest, Sofia, Athens, Istanbul,
    Zagreb, Split, Ljubljana, Belgrade, Copenhagen, Aarhus, Malmö, Göteborg, Stockholm, Oslo, Bergen,
    Tromsø, Helsinki, Turku, Tallinn, Riga, Vilnius, Dublin, Cork, Edinburgh, Glasgow, London, Bath, York,
    Amsterdam, Utrecht, Antwerp, Ghent, Brussels, Kyoto, Osaka, Tokyo, Seoul, Busan, Taipei, Hanoi, Bangkok,
    Singapore, Jakarta, Delhi, Mumbai, Kochi, Colombo, Cairo, Tunis, Marrakesh, Dakar, Accra, Nairobi, Cape
    Town, São Paulo, Salvador, Lima, Cusco, Bogotá, Medellín, Quito, Santiago, Valparaíso, Buenos Aires,
    Montevideo, Asunción, Mérida, Oaxaca, Havana, Montréal, Québec, Toronto, Vancouver, Boston, Chicago,
    Seattle, Denver, Austin, New Orleans, Sydney, Perth, Hobart, Auckland, Wellington, Reykjavík, Málaga,
    Córdoba, Nîmes, Besançon, Düsseldorf, Würzburg, Łódź, Poznań, Košice, Pécs, Timișoara, Thessaloniki,
    Verona, Palermo, Bologna, Genoa, Trieste, Pisa, Siena, Ravenna, Bari, Catania, Granada, Valencia,
    Bilbao, Toledo, Cádiz, Zaragoza, Braga, Coimbra, Évora, Faro, Nantes, Lille, Dijon, Toulouse, Avignon,
    Reims, Rouen, Nancy, Strasbourg, Bremen, Lübeck, Rostock, Weimar, Erfurt, Kassel, Trier, Mainz, Bonn,
    Stuttgart, Freiburg, Nuremberg, Linz, Innsbruck, Klagenfurt, Lucerne, Lausanne, Lugano, Olomouc,
    Ostrava, Bratislava, Debrecen, Szeged, Lublin, Toruń, Wrocław, Szczecin, Kaunas, Tartu, Tampere, Oulu,
    Uppsala, Lund, Odense, Trondheim, Stavanger, Galway, Limerick, Belfast, Cardiff, Swansea, Bristol,
    Oxford, Cambridge, Leeds, Liverpool, Manchester, Brighton, Durham, Exeter, Aberdeen, Inverness, Leiden,
    Delft, Rotterdam, Groningen, Bruges, Leuven, Liège, Namur, Patras, Heraklion, Ankara, Izmir, Bursa,
    Konya, Tbilisi, Yerevan, Baku, Beirut, Amman, Muscat, Doha, Tashkent, Almaty, Nagoya, Kobe, Sapporo,
    Fukuoka, Nara, Daegu, Incheon, Kaohsiung, Da Nang, Hue, Chiang Mai, Luang Prabang, Penang, Malacca,
    Surabaya, Manila, Cebu, Jaipur, Mysore, Madurai, Pune, Kandy, Kathmandu, Thimphu, Alexandria, Luxor,
    Tangier, Fez, Rabat, Oran, Bamako, Kumasi, Lagos, Kampala, Kigali, Mombasa, Lusaka, Harare, Durban,
    Pretoria, Windhoek, Antananarivo, Port Louis, Curitiba, Recife, Fortaleza, Belém, Manaus, Arequipa,
    Trujillo, Cartagena, Cali, Cuenca, Guayaquil, Sucre, La Paz, Rosario, Mendoza, Salta, Punta Arenas,
    Puerto Montt, Panama City, San José, Antigua, Puebla, Guadalajara, San Juan, Santo Domingo, Kingston,
    Halifax, Ottawa, Winnipeg, Calgary, Victoria, Portland, San Diego, Santa Fe, Salt Lake City, Kansas
    City, Memphis, Nashville, Savannah, Charleston, Baltimore, Pittsburgh, Cleveland, Detroit, Milwaukee,
    Minneapolis, Omaha, Tucson, Honolulu, Anchorage, Brisbane, Cairns, Darwin, Adelaide, Melbourne,
    Canberra, Christchurch, Dunedin, Nelson, Suva, Apia
"""
CITIES = " ".join(_CITIES.split()).split(", ")
_SHAPES = ("^", "^", "^", "^", "New ^", "San ^", "Port ^", "Santa ^", "^ City", "^ Town", "La ^", "^ ^")
PLACES = Pool(free=things(*CITIES), coined=coined(*_SHAPES))
