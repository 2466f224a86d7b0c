/// The categories of creators and content: the rows of the table `content_category`.
package enum ContentCategory: String, CaseIterable, Codable, Sendable {
  case music
  case gaming
  case education
  case lifestyle
  case comedy
  case tech
  case beauty
  case fitness
  case food
  case business
  case art
  case entertainment
  case news
  case science
  case other
}
